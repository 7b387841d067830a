import { Command } from 'commander'
import { reload } from '../install/auditd.ts'
import type { Host } from '../install/host.ts'
import { type Manifest, readManifest } from '../install/manifest.ts'
import { shimPath } from '../install/plan.ts'
import { shimsOf } from '../install/processes.ts'
import { carryOut } from '../install/step.ts'
import { runsSystemd, SERVICES, unitPath } from '../install/systemd.ts'
import { offSteps, removeSteps } from '../install/uninstall.ts'
import { until } from '../install/wait.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { type HostFlags, hostOf, tell, withHostFlags } from './install.ts'
import { printLine } from './terminal.ts'

/** Time that a shim has to write what it holds and end. */
const SHIM_END_MS = 5000

const AFTER_HELP = `
Removes what install made and nothing else. Spool, state, configuration, output and users stay unless
--purge is given. auditd is told first: the shim writes what it holds and ends.

Examples:
  spillway uninstall --dry-run
  spillway uninstall --purge`

/** `spillway uninstall`: takes back what install made. */
export function uninstallCommand(): Command {
  return withHostFlags(new Command('uninstall'))
    .description('take back what install made; the data stays')
    .option('--purge', 'remove spool, state, configuration, output and users too')
    .addHelpText('after', AFTER_HELP)
    .action(uninstall)
}

async function uninstall(flags: HostFlags & { readonly purge?: true }): Promise<void> {
  const host = hostOf(flags)
  const dryRun = flags.dryRun === true
  const manifest = readManifest(host, flags.prefix)
  if (manifest === null) {
    const message = `nothing that install made is in ${host.at(flags.prefix)} (--prefix says where)`
    throw new Failure(ExitCode.Input, message)
  }
  const off = await carryOut(offSteps(host, manifest), dryRun, printLine)
  if (!dryRun && host.isLive) await stop(host, manifest, off > 0)
  await carryOut(removeSteps(host, manifest, flags.purge === true), dryRun, printLine)
  if (!dryRun && runsSystemd(host)) await tell('daemon-reload')
  const kept = manifest.data.filter((path) => host.stat(path) !== null)
  if (!flags.purge && kept.length > 0) await printLine(`kept: ${kept.join(' ')}`)
}

/** Ends shim and services before their files go. */
async function stop(host: Host, manifest: Manifest, wasActive: boolean): Promise<void> {
  const shim = shimPath(manifest.prefix)
  if (wasActive && shimsOf(shim).length > 0) {
    const fault = reload()
    await printLine(fault === null ? 'auditd ends the plugin' : `fault: ${fault}`)
    const ended = await until(() => (shimsOf(shim).length === 0 ? true : null), SHIM_END_MS)
    if (ended === null)
      throw new Failure(ExitCode.Fault, `${shim} still runs: end auditd's plugin, then try again`)
  }
  const services = SERVICES.filter((name) => host.stat(unitPath(name)) !== null)
  if (runsSystemd(host) && services.length > 0) await tell('disable', '--now', ...services)
}
