import { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { Host } from '../install/host.ts'
import { argument } from '../install/plugin-file.ts'
import { until } from '../install/wait.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { formatPosition } from '../model/place.ts'
import { Delivery } from '../selftest/delivery.ts'
import { broken } from '../selftest/hop.ts'
import { findAuditd, sendRecord } from '../selftest/kernel.ts'
import {
  configDirectory,
  explainMissing,
  findPlugin,
  type Plugin,
  shimOf,
} from '../selftest/plugin.ts'
import { createToken } from '../selftest/record.ts'
import { feedShim } from '../selftest/shim.ts'
import { SpoolSearch } from '../selftest/spool-search.ts'
import { printLine } from './terminal.ts'

const DEFAULT_SPOOL = '/var/spool/spillway'

interface Flags {
  readonly config?: string
  readonly timeout: string
  readonly throughShim?: true
}

const AFTER_HELP = `
Sends one user record with auditctl and follows it: kernel, auditd, plugin, shim, spool, service, sink.
With --through-shim the record is made here and given to the installed shim; for hosts and containers
whose kernel does not audit. The last line is "arrived in 0.4 s", or names the hop that broke, why, and
what to do.

Exit codes besides those of every command:
  10 kernel   11 auditd   12 plugin   13 shim   14 spool   15 service   16 sink

Examples:
  spillway selftest
  spillway selftest --through-shim --timeout 30`

/** `spillway selftest`: one record, followed hop by hop. */
export function selftestCommand(): Command {
  return new Command('selftest')
    .description('send one record and follow it to the sink, or to the hop that broke')
    .option(
      '--config <file>',
      'configuration of the service (default: /etc/spillway/spillway.yaml)',
    )
    .option('--timeout <seconds>', 'how long the record may take', '10')
    .option('--through-shim', 'without the kernel: give the record to the installed shim')
    .addHelpText('after', AFTER_HELP)
    .action(selftest)
}

async function selftest(flags: Flags): Promise<void> {
  const timeout = Number(flags.timeout) * 1000
  if (!(timeout > 0 && timeout <= 3_600_000))
    throw new Failure(ExitCode.Usage, `--timeout must be seconds from 1 to 3600: ${flags.timeout}`)
  if (process.getuid?.() !== 0)
    throw new Failure(ExitCode.Usage, 'only root may send records and see plugins and spool')
  const settings = loadSettings(flags.config ?? null)
  const host = new Host('/')
  const plugin = await (flags.throughShim ? installedPlugin(host) : runningPlugin(host))
  const spool = spoolOf(plugin, settings)

  const search = new SpoolSearch(spool)
  const delivery = new Delivery(host, settings)
  const token = createToken()
  const start = performance.now()
  const since = (): string => `${((performance.now() - start) / 1000).toFixed(1)} s`
  const left = (): number => Math.max(0, timeout - (performance.now() - start))
  try {
    if (flags.throughShim) feedShim(plugin, token)
    else sendRecord(token)
    const at = await until(() => search.find(token), left())
    if (at === null) throw notSpooled(spool, flags.timeout)
    await tell('spool', `${spool}, at ${formatPosition(at.epoch, at.place)} after ${since()}`)

    const arrived = await until(() => (delivery.isThere(token, at) ? true : null), left())
    const pid = delivery.service()
    if (pid !== null) await tell('service', `pid ${pid}`)
    if (arrived === null) throw delivery.explain(at, pid)
    await tell('sink', delivery.name)
    await printLine(`arrived in ${since()}`)
  } finally {
    search.close()
  }
}

/** The plugin that auditd runs. Throws the failure of a hop. */
async function runningPlugin(host: Host): Promise<Plugin> {
  const auditd = findAuditd()
  await tell('kernel', 'auditing is on')
  await tell('auditd', `pid ${auditd.pid}`)
  const plugin = findPlugin(host, configDirectory(auditd))
  await tell('plugin', plugin.file)
  const shim = shimOf(auditd, plugin)
  if (shim === null) throw explainMissing(host, auditd, plugin)
  await tell('shim', `pid ${shim.pid}`)
  return plugin
}

/** The plugin that auditd would run. Throws the failure of a hop. */
async function installedPlugin(host: Host): Promise<Plugin> {
  const plugin = findPlugin(host, configDirectory(null))
  await tell('plugin', plugin.file)
  await tell('shim', `${plugin.path}, started for this`)
  return plugin
}

/** The spool that shim and service share. Throws the failure of the hop where they do not. */
function spoolOf(plugin: Plugin, { input, spool }: Settings): string {
  const written = argument(plugin, 'spool') ?? DEFAULT_SPOOL
  if (input !== 'spool')
    throw broken(
      'service',
      `the configuration reads ${input === '-' ? 'standard input' : 'a port'}, not the spool of the plugin`,
      'set input: spool',
    )
  if (written !== spool.directory) {
    const why = `the shim writes ${written}, the service reads ${spool.directory}`
    throw broken('spool', why, `set the same in ${plugin.file} and spillway.yaml`)
  }
  return written
}

function notSpooled(spool: string, seconds: string): Failure {
  const why = `the record did not come to ${spool} in ${seconds} s`
  return broken(
    'spool',
    why,
    'look for lines of spillway-shim in the kernel log (dmesg) and for space on the disk',
  )
}

function tell(hop: string, text: string): Promise<void> {
  return printLine(`${hop.padEnd(8)} ${text}`)
}
