/** The shim as a plugin of auditd, and why auditd may not run it. */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  auditdVersion,
  pluginDirectory,
  readAuditdConfig,
  reloadCommand,
} from '../install/auditd.ts'
import type { Host } from '../install/host.ts'
import { type PluginFile, parsePluginFile } from '../install/plugin-file.ts'
import { type Process, processes } from '../install/processes.ts'
import { run } from '../install/program.ts'
import { broken } from './hop.ts'

const NAME = 'spillway.conf'
const CONFIG = '/etc/audit'
/** Bytes at the end of auditd's log that are searched for denials. */
const TAIL = 256 * 1024
/** What auditd says about a plugin that it does not run, in 3.x and 4.x. */
const COMPLAINT =
  /permissions should be|is not owned by root|group or world writable|is not a regular file|Unable to stat|Skipping .* plugin|has exceeded max_restarts|Error running|failed after restart/

/** The plugin file of the shim. */
export interface Plugin extends PluginFile {
  readonly file: string
}

/** The directory with auditd.conf that this auditd was started with (`-c`), or the usual one. */
export function configDirectory(auditd: Pick<Process, 'args'> | null): string {
  const at = auditd?.args.indexOf('-c') ?? -1
  return auditd?.args[at < 0 ? Number.NaN : at + 1] ?? CONFIG
}

/** The shim's plugin file. Throws the failure of the hop where auditd would not take it. */
export function findPlugin(host: Host, configuration: string): Plugin {
  const config = readAuditdConfig(host, join(configuration, 'auditd.conf'))
  const file = join(pluginDirectory(config), NAME)
  const text = host.read(file)
  if (text === null) throw broken('plugin', `there is no ${file}`, 'run spillway install')
  const stat = host.stat(file)
  if (stat && (stat.uid !== 0 || (stat.mode & 0o022) !== 0))
    throw broken(
      'plugin',
      `auditd refuses ${file}: others than root may write it`,
      `chown root:root ${file}; chmod 0640 ${file}`,
    )
  const plugin = { file, ...parsePluginFile(text) }
  if (!plugin.active)
    throw broken('plugin', `${file} is not active`, `set active = yes there, then ${told()}`)
  if (host.stat(plugin.path) === null)
    throw broken(
      'plugin',
      `${file} names ${plugin.path || 'no path'}, which is not there`,
      'run spillway install',
    )
  return plugin
}

/** The shim that this auditd runs, or null. */
export function shimOf(auditd: Process, plugin: Plugin): Process | null {
  const isShim = ({ parent, args }: Process): boolean =>
    parent === auditd.pid && args.slice(1, 4).includes(plugin.path)
  return processes().find(isShim) ?? null
}

/** Why auditd does not run the shim: the failure of the hop. */
export function explainMissing(host: Host, auditd: Process, plugin: Plugin): Error {
  const [fault, ...more] = checkOf(host, plugin)
  if (fault !== undefined) {
    const also = more.length > 0 ? ` (and ${more.length} more, see ${plugin.path} --check)` : ''
    return broken('plugin', `${fault}${also}`, `mend that or run spillway install, then ${told()}`)
  }
  const denial = denialIn(host, configDirectory(auditd))
  if (denial !== null)
    return broken(
      'shim',
      `it was denied something: ${denial}`,
      'load the policy of deploy/selinux or deploy/apparmor and relabel',
    )
  if ((host.stat(plugin.file)?.ctimeMs ?? 0) > startOf(auditd))
    return broken(
      'shim',
      `auditd runs since before ${plugin.file} was written`,
      `${told()}, which has auditd read it; where it does not, restart auditd`,
    )
  const complaint = complaintOfAuditd()
  const why =
    complaint === null
      ? `auditd (pid ${auditd.pid}) does not run ${plugin.path}`
      : `auditd says: ${complaint}`
  return broken('shim', why, `${told()}; the log of auditd says what it does`)
}

/** What the shim says about its setup, a line each; or why it cannot say anything. */
function checkOf(host: Host, { path, args }: Plugin): string[] {
  const [, node, flags] = /^#!(\S+) ?(.*)/.exec(host.read(path) ?? '') ?? []
  if (flags !== '--jitless')
    return [`${path} runs with a JIT, which auditd's unit ends (MemoryDenyWriteExecute=true)`]
  if (host.stat(node) === null) return [`${path} runs on ${node}, which is not there`]
  const { out, fault } = run(path, ['--check', ...args])
  return fault === null ? [] : (out.trim() || `${path}: ${fault}`).split('\n')
}

/** The last denial of SELinux or AppArmor that is about us, without its numbers; null for none. */
function denialIn(host: Host, configuration: string): string | null {
  const config = readAuditdConfig(host, join(configuration, 'auditd.conf'))
  const log = tailOf(host.at(config?.get('log_file') ?? '/var/log/audit/audit.log'))
  const lines = log.split('\n').filter((line) => /spillway/.test(line))
  const denial = lines.findLast((line) => /avc: +denied|apparmor="DENIED"/.test(line))
  return denial?.replace(/^.*?(?=avc: |apparmor=)/, '') ?? null
}

function tailOf(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const bytes = Buffer.alloc(TAIL)
    return bytes.toString(
      'utf8',
      0,
      readSync(fd, bytes, 0, TAIL, Math.max(0, fstatSync(fd).size - TAIL)),
    )
  } finally {
    closeSync(fd)
  }
}

/** The last thing that auditd said against a plugin, where the journal is kept. */
function complaintOfAuditd(): string | null {
  const args = ['-t', 'auditd', '-b', '-n', '200', '-o', 'cat', '--no-pager']
  const { out } = run('journalctl', args)
  return out.split('\n').findLast((line) => COMPLAINT.test(line)) ?? null
}

/** When a process started, in ms since the epoch. */
function startOf({ pid }: Process): number {
  try {
    return statSync(`/proc/${pid}`).ctimeMs
  } catch {
    return 0
  }
}

const told = (): string => reloadCommand(auditdVersion()).join(' ')
