/** What an installer wants to know before it hands the shim to auditd. */

import { spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statfsSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { reasonOf } from './disk.ts'
import type { Flags } from './options.ts'

/** Space below which a spool is of no use: its smallest limit. */
const LEAST_FREE = 4 << 20

/** Looks at the setup of these flags and at the shim's own file; one line for each thing that is wrong. */
export function checkSetup(flags: Flags, program: string): string[] {
  return [...checkProgram(program), ...checkNames(flags), ...checkSpool(flags), ...checkProc()]
}

/** auditd ≤ 3 wants exactly 0750, and all of them root as the owner. */
function* checkProgram(program: string): Generator<string> {
  const stat = tryTo(() => lstatSync(program))
  if (typeof stat === 'string') {
    yield stat
    return
  }
  if (!stat.isFile()) yield `${program} is not a regular file: auditd before 4.1 refuses links`
  if (stat.uid !== 0) yield `${program} is not owned by root: auditd refuses it (chown root)`
  if ((stat.mode & 0o777) !== 0o750) yield `${program} has not mode 0750: auditd 3 refuses it`
  const shebang = /^#!(\S+) --jitless\n/.exec(readFileSync(program, 'latin1').slice(0, 300))
  if (!shebang) yield `${program} does not begin with "#!/path/of/node --jitless"`
  else yield* checkInterpreter(shebang[1])
}

function* checkInterpreter(node: string): Generator<string> {
  const run = spawnSync(node, ['--jitless', '-p', 'typeof process.getBuiltinModule'], { env: {} })
  if (run.error) yield `${node}, which the shim runs on, cannot be started: ${run.error.message}`
  else if (run.stdout.toString().trim() !== 'function') yield `${node} is older than 20.16`
}

function* checkNames({ user, group }: Flags): Generator<string> {
  if (user !== null && !isListed('/etc/passwd', user))
    yield `there is no user ${user} in /etc/passwd`
  if (group !== null && !isListed('/etc/group', group))
    yield `there is no group ${group} in /etc/group`
}

function isListed(file: string, name: string): boolean {
  const text = tryTo(() => readFileSync(file, 'utf8'))
  return text.split('\n').some((line) => line.startsWith(`${name}:`))
}

function* checkSpool({ spool, user, limit, keepFree }: Flags): Generator<string> {
  const stat = tryTo(() => lstatSync(spool))
  if (!existsSync(spool)) yield `${spool} does not exist: mkdir -m 0750 ${spool}`
  else if (typeof stat === 'string') yield stat
  else if (!stat.isDirectory()) yield `${spool} is no directory`
  if (typeof stat === 'string' || !stat.isDirectory()) return
  if ((stat.mode & 0o027) !== 0) yield `${spool} is open to others: its mode should be 0750`
  const owner = ownerName(stat.uid)
  if (user !== null && owner !== user) yield `${spool} belongs to ${owner}, not to ${user}`
  const access = tryTo(() => accessSync(spool, constants.W_OK | constants.X_OK))
  if (user === null && typeof access === 'string') yield access
  const parent = tryTo(() => lstatSync(dirname(spool)))
  if (typeof parent !== 'string' && (parent.mode & 0o1002) === 2) {
    yield `${dirname(spool)} can be written by anyone: the spool in it can be replaced`
  }
  const space = tryTo(() => statfsSync(spool))
  if (typeof space === 'string') {
    yield space
    return
  }
  const free = space.bavail * space.bsize - (keepFree ?? 0)
  if (free < LEAST_FREE) yield `the file system of ${spool} has no space left for a spool`
  if (limit !== null && limit > space.blocks * space.bsize) {
    yield `--limit is more than the file system of ${spool} holds`
  }
}

function ownerName(uid: number): string {
  const users = tryTo(() => readFileSync('/etc/passwd', 'utf8'))
  const line = users.split('\n').find((entry) => entry.split(':')[2] === String(uid))
  return line?.split(':')[0] ?? `uid ${uid}`
}

function* checkProc(): Generator<string> {
  for (const path of ['/proc/sys/kernel/random/boot_id', '/proc/self/stat']) {
    const text = tryTo(() => readFileSync(path))
    if (typeof text === 'string') yield text
  }
  const link = tryTo(() => readlinkSync('/proc/self/ns/pid'))
  if (!link.startsWith('pid:')) yield link
}

/** What the call gives, or its error in one line. */
function tryTo<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    return reasonOf(error)
  }
}
