import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { exampleConfig } from '../config/example.ts'
import { SERVICE_USER } from '../install/accounts.ts'
import {
  auditdVersion,
  readAuditdConfig,
  reload,
  reloadCommand,
  warningsOf,
} from '../install/auditd.ts'
import { Host } from '../install/host.ts'
import { readManifest } from '../install/manifest.ts'
import { foreignFiles, installSteps, type Plan, planOf } from '../install/plan.ts'
import { parsePluginFile } from '../install/plugin-file.ts'
import { shimsOf } from '../install/processes.ts'
import { run } from '../install/program.ts'
import { carryOut } from '../install/step.ts'
import { runsSystemd, SERVICES } from '../install/systemd.ts'
import { until } from '../install/wait.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { printLine } from './terminal.ts'

/** The package that runs: this file is dist/src/cli/install.js in it. */
const TOP = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** Time that auditd has to start the shim once it was told. */
const SHIM_START_MS = 5000

/** Where a tarball is installed to unless said. */
export const PREFIX = '/opt/spillway'

/** Flags that install and uninstall have in common. */
export interface HostFlags {
  readonly prefix: string
  readonly root: string
  readonly dryRun?: true
}

const AFTER_HELP = `
Run from the unpacked tarball. Every change is printed; a second run prints "unchanged". auditd.conf and
rules are never touched, and spillway.yaml is written only where there is none.

Examples:
  ./bin/spillway install --dry-run
  ./bin/spillway install --now && /opt/spillway/bin/spillway selftest`

/** `spillway install`: the unpacked tarball onto a host. */
export function installCommand(): Command {
  return withHostFlags(new Command('install'))
    .description('install the unpacked tarball: program, plugin, units, users, directories')
    .option('--now', 'start the service, and have auditd start the plugin')
    .addHelpText('after', AFTER_HELP)
    .action(install)
}

/** Adds the flags that say where. */
export function withHostFlags(command: Command): Command {
  return command
    .option('--prefix <dir>', 'directory of the program', PREFIX)
    .option('--root <dir>', 'work on the system in this directory, not on this one', '/')
    .option('--dry-run', 'print every step and change nothing')
}

/** The host that flags name. Throws a `Failure` where it cannot be worked on. */
export function hostOf({ root, prefix, dryRun }: HostFlags): Host {
  if (!/^(?:\/[^/]+)+$/.test(prefix) || /\/\.\.?(?:\/|$)/.test(prefix))
    throw new Failure(ExitCode.Usage, `--prefix must be an absolute path: ${prefix}`)
  const top = resolve(root)
  if (!lstatSync(top, { throwIfNoEntry: false })?.isDirectory())
    throw new Failure(ExitCode.Usage, `--root is no directory: ${root}`)
  if (!dryRun && process.getuid?.() !== 0)
    throw new Failure(ExitCode.Usage, 'only root can install; --dry-run shows what would be done')
  return new Host(top)
}

async function install(flags: HostFlags & { readonly now?: true }): Promise<void> {
  const host = hostOf(flags)
  const source = { top: TOP, node: process.execPath, prefix: flags.prefix, config: exampleConfig() }
  const plan = planOf(host, source, readManifest(host, flags.prefix))
  const changes = await carryOut(installSteps(plan), flags.dryRun === true, printLine)
  if (changes === 0) await printLine('unchanged')
  for (const line of plan.leftOut) await printLine(`left out: ${line}`)
  const config = readAuditdConfig(host)
  const version = host.isLive ? auditdVersion() : null
  for (const line of config ? warningsOf(config, version) : [])
    await printLine(`warning: auditd.conf: ${line}`)
  if (flags.dryRun) return
  for (const path of foreignFiles(host))
    await printLine(
      `warning: ${path} is not the service's: chown ${SERVICE_USER} it, or move it away`,
    )
  if (!host.isLive) return

  if (changes > 0 && runsSystemd(host)) await tell('daemon-reload')
  const faults = checkShim(plan)
  for (const line of faults) await printLine(`fault: ${line}`)
  if (faults.length > 0) throw new Failure(ExitCode.Fault, 'the shim would not run as a plugin')
  const isNewer = plan.before !== null && changes > 0
  if (flags.now) await start(plan, isNewer)
  else for (const line of nextSteps(plan, isNewer)) await printLine(`next: ${line}`)
}

/** What the installed shim says about its own setup. */
function checkShim({ shim, plugin }: Plan): string[] {
  const args = plugin ? parsePluginFile(plugin.content).args : []
  const { out, fault } = run(shim.path, ['--check', ...args])
  return fault === null ? [] : (out.trim() || fault).split('\n')
}

/** What systemd is told: services that run are of the program that was there before, where this is a newer one. */
function startSteps(isNewer: boolean): string[][] {
  return isNewer
    ? [
        ['enable', ...SERVICES],
        ['restart', ...SERVICES],
      ]
    : [['enable', '--now', ...SERVICES]]
}

/** Starts the services and has auditd start the shim. */
async function start({ host, plugin, shim }: Plan, isNewer: boolean): Promise<void> {
  if (runsSystemd(host)) for (const step of startSteps(isNewer)) await tell(...step)
  if (plugin === null) return
  const fault = reload()
  await printLine(fault === null ? 'auditd reads its plugin files' : `fault: ${fault}`)
  if (fault !== null) return
  const started = await until(() => shimsOf(shim.path)[0] ?? null, SHIM_START_MS)
  await printLine(
    started
      ? `the shim runs: pid ${started.pid}`
      : 'fault: auditd does not run the shim: selftest says why',
  )
}

/** Has systemd do something, and prints it. */
export async function tell(...args: readonly string[]): Promise<void> {
  const { fault } = run('systemctl', args)
  const line = `systemctl ${args.join(' ')}`
  await printLine(fault === null ? line : `fault: ${line}: ${fault}`)
}

function nextSteps({ host, source, plugin, shim }: Plan, isNewer: boolean): string[] {
  const reloading = `${reloadCommand(auditdVersion()).join(' ')}   (has auditd start the shim)`
  const waits = plugin !== null && (isNewer || shimsOf(shim.path).length === 0)
  return [
    ...(runsSystemd(host) ? startSteps(isNewer).map((step) => `systemctl ${step.join(' ')}`) : []),
    ...(waits ? [reloading] : []),
    `${source.prefix}/bin/spillway selftest`,
  ]
}
