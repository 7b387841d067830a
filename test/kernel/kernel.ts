/**
 * The kernel's audit settings under test: auditctl, rules on the harness's own programs only, and a
 * lock, so that one test at a time holds the kernel.
 */

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Prefix of every rule key here: rules without it are somebody's, and nothing is touched. */
export const KEY = 'spillway-test'

const LOCK = join(tmpdir(), 'spillway-kernel.lock')
const TOOLS = ['/usr/sbin/auditd', '/usr/sbin/auditctl', '/usr/bin/perl', '/usr/bin/flock']

/** Runs auditctl and gives what it printed. */
export function auditctl(...args: string[]): string {
  return execFileSync('/usr/sbin/auditctl', args, { cwd: '/', encoding: 'utf8', stdio: 'pipe' })
}

/** The kernel's audit status, by name. */
export function status(): Map<string, number> {
  const fields = auditctl('-s').matchAll(/^(\w+) (\d+)/gm)
  return new Map(Array.from(fields, ([, name, value]) => [name, Number(value)]))
}

/** Why kernel tests cannot run here, or null. */
export function unavailable(): string | null {
  if (process.getuid?.() !== 0) return 'not root'
  if (process.arch !== 'x64') return 'rules and load are for x86_64'
  const missing = TOOLS.find((tool) => !existsSync(tool))
  if (missing) return `${missing} is missing`
  try {
    const now = status()
    if (now.get('enabled') === 2) return 'the audit rules are locked until reboot'
    // What another test has started or loaded goes with it; that of `self` has rules without a key.
    if (ours()) return null
    if (now.get('pid') !== 0) return 'another audit daemon is running'
    const foreign = rules().find((line) => !line.includes(KEY))
    if (foreign) return `the kernel has audit rules of its own: ${foreign}`
    return null
  } catch {
    return 'the kernel does not let us audit'
  }
}

const rules = (): string[] =>
  auditctl('-l')
    .split('\n')
    .filter((line) => line.startsWith('-'))

/** True while another test process holds the kernel. */
function ours(): boolean {
  try {
    execFileSync('/usr/bin/flock', ['--nonblock', LOCK, 'true'], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
}

/** Waits until no other test process uses the kernel; gives the release, which its death is too. */
export async function lock(): Promise<() => void> {
  const holder = spawn('/usr/bin/flock', [LOCK, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  return () => holder.stdin.end()
}

/** Puts the kernel's settings back to what they were. */
export function restore(before: Map<string, number>): void {
  const was = (name: string): string => String(before.get(name) ?? 0)
  quietly(() => auditctl('-b', was('backlog_limit')))
  quietly(() => auditctl('-r', was('rate_limit')))
  quietly(() => auditctl('--backlog_wait_time', was('backlog_wait_time')))
  quietly(() => auditctl('-e', was('enabled')))
}

/** Runs what cleans up; a failure is said and does not keep the rest from being cleaned up. */
export function quietly(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    console.error(`restoring the kernel's audit settings: ${String(error)}`)
  }
}

/** Where the programs lie that rules name: `DIR/bin`. */
export interface Programs {
  readonly dir: string
}

/** Adds a rule on system calls, named with commas. */
function rule(calls: string, ...rest: string[]): void {
  auditctl('-a', 'always,exit', '-F', 'arch=b64', '-S', calls, ...rest)
}

/** Rules for `load.pl mixed`, on the programs in the harness's folder only. */
export function mixedRules({ dir }: Programs): void {
  const load = ['-F', `exe=${join(dir, 'bin', 'load')}`]
  const files = ['-k', `${KEY}-files`]
  rule('unlink,rename,rmdir', ...load, ...files, '-k', `${KEY}-delete`)
  rule('openat,open', '-F', 'success=0', ...load, '-k', `${KEY}-denied`)
  rule('openat,open', '-F', `dir=${dir}`, ...load, ...files)
  rule('mkdir,symlink,chmod,fchmodat,setxattr,openat2,mq_open,mq_unlink', ...load, ...files)
  rule('connect,bind,pipe,pipe2', ...load, '-k', `${KEY}-net`)
  rule('kill,capset,delete_module,prctl', ...load, '-k', `${KEY} privileged`)
  rule('execve', '-F', 'success=0', ...load, '-k', `${KEY}-exec`)
  execRules({ dir })
}

/** Rules for programs that the load runs. */
export function execRules({ dir }: Programs): void {
  for (const program of ['other', 'other program'])
    rule('execve', '-F', `exe=${join(dir, 'bin', program)}`, '-k', `${KEY}-exec`)
}

/** A rule for `load.pl getppid`. */
export function getppidRule({ dir }: Programs): void {
  rule('getppid', '-F', `exe=${join(dir, 'bin', 'load')}`, '-k', `${KEY}-getppid`)
}

/** A rule for `load.pl opens`. */
export function opensRule({ dir }: Programs): void {
  const load = ['-F', `exe=${join(dir, 'bin', 'load')}`]
  rule('openat,open', '-F', `dir=${dir}`, ...load, '-k', `${KEY}-opens`)
}

/** A rule for one of the calls of `load.pl calls` or `sleeps`, under a key of its own. */
export function callRule({ dir }: Programs, call: string): void {
  rule(call, '-F', `exe=${join(dir, 'bin', 'load')}`, '-k', `${KEY}-${call}`)
}
