/** What the host's auditd is and how it is set up; nothing of it is changed. */

import type { Host } from './host.ts'
import { PLUGIN_DIR } from './plugin-file.ts'
import { run } from './program.ts'

const CONFIG = '/etc/audit/auditd.conf'
/** Entries of the plugin queue below which a stall of the shim of half a second overflows it. */
const ENOUGH_QUEUE = 2000

/** auditd.conf as far as it says anything: names in lower case. */
export type AuditdConfig = ReadonlyMap<string, string>

/** Major, minor, patch. */
export type Version = readonly [number, number, number]

/** Reads an auditd.conf; null where there is none. */
export function readAuditdConfig(host: Host, path: string = CONFIG): AuditdConfig | null {
  const text = host.read(path)
  if (text === null) return null
  const entries = text.matchAll(/^\s*([a-z_0-9]+)\s*=\s*(.*?)\s*$/gim)
  return new Map(Array.from(entries, ([, name, value]) => [name.toLowerCase(), value]))
}

/** Directory of the plugin files. */
export function pluginDirectory(config: AuditdConfig | null): string {
  return config?.get('plugin_dir') ?? PLUGIN_DIR
}

/** The version that `auditctl -v` tells, or null where there is no auditctl. */
export function auditdVersion(): Version | null {
  const match = /version (\d+)\.(\d+)(?:\.(\d+))?/.exec(run('auditctl', ['-v']).out)
  return match && [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}

/**
 * The command that makes a running auditd read its plugin files again. `systemctl restart auditd` is
 * refused (RefuseManualStop) where a distribution leaves upstream's unit as it is; what stands here sends
 * SIGHUP, and so also works in Debian, whose unit knows no reload.
 */
export function reloadCommand(version: Version | null): readonly string[] {
  if (version === null) return ['pkill', '-HUP', '-x', 'auditd']
  // Names of signals came with 3.1.1, `--signal` with 3.0.
  if (isAtLeast(version, [3, 1, 1])) return ['auditctl', '--signal', 'reload']
  if (isAtLeast(version, [3, 0, 0])) return ['auditctl', '--signal', 'HUP']
  return ['pkill', '-HUP', '-x', 'auditd']
}

/** Makes a running auditd read its plugin files again; gives what stands against it, or null. */
export function reload(): string | null {
  const [command, ...args] = reloadCommand(auditdVersion())
  const { fault } = run(command, args)
  return fault === null ? null : `${command} ${args.join(' ')}: ${fault}`
}

/** Settings of auditd that hurt, a line each: what is set, what comes of it, what to set. */
export function* warningsOf(config: AuditdConfig, version: Version | null): Generator<string> {
  const value = (name: string): string => (config.get(name) ?? '').toLowerCase()
  const queue = config.get('q_depth')
  if (queue === undefined && version !== null && !isAtLeast(version, [3, 1, 0]))
    yield `q_depth is not set and ${version.join('.')} takes 400 or 1200: set ${ENOUGH_QUEUE} or more`
  else if (queue !== undefined && Number(queue) < ENOUGH_QUEUE)
    yield `q_depth = ${queue}: a short stall fills it and drops records; set ${ENOUGH_QUEUE} or more`
  const overflow = value('overflow_action')
  if (overflow === 'ignore')
    yield 'overflow_action = ignore: dropped records are not told; set syslog'
  if (overflow === 'suspend')
    yield 'overflow_action = suspend: after one overflow plugins get nothing until auditd is told to resume'
  if (overflow === 'single' || overflow === 'halt')
    yield `overflow_action = ${overflow}: a plugin that stalls takes the machine down; set syslog`
  const names = value('name_format')
  if (names === 'numeric' || names === 'fqd')
    yield `name_format = ${names}: node= changes with the network and needs it at boot; set hostname or user`
  if (names === '' || names === 'none')
    yield 'name_format = none: records name no node; events carry the host name, or `node` of spillway.yaml'
  if (config.has('dispatcher') || config.has('disp_qos'))
    yield 'dispatcher and disp_qos are settings of auditd 2, whose plugin files lie elsewhere; 3.0 or later is needed'
  if (['sync', 'data'].includes(value('flush')))
    yield `flush = ${value('flush')}: auditd reads the kernel 10 to 25 times slower; set incremental_async`
  if (value('log_format') === 'raw' && version !== null && /^4,2,[01]$/.test(String(version)))
    yield 'log_format = raw: auditd 4.2 and 4.2.1 cut 16 bytes off every record for plugins; set enriched'
}

function isAtLeast(version: Version, least: Version): boolean {
  const at = version.findIndex((number, index) => number !== least[index])
  return at < 0 || version[at] > least[at]
}
