/** Users as on a host: each process of Spillway has one of its own, and none is root. */

import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Reach, reach } from './reach.ts'

const SETPRIV = '/usr/bin/setpriv'

/** Accounts that every distribution has stand in for those that an installation makes. */
const USERS = { shim: 'daemon', service: 'nobody', watch: 'sys', other: 'mail' } as const
export type User = keyof typeof USERS

/** Stands in for the group `spillway`. */
const GROUP = 'bin'

/** Arguments with which the shim becomes its user. */
export const SHIM_USER: string = `--user=${USERS.shim} --group=${GROUP}`

/** The number of a user. */
export function uidOf(user: User): number {
  return idOf('passwd', USERS[user])
}

/** Makes the directories that an installation makes in `dir`, with their owners and modes. */
export function arrange(dir: string): void {
  const places: readonly (readonly [string, User])[] = [
    ['spool', 'shim'],
    ['spool/state', 'service'],
    ['out', 'service'],
    ['run', 'watch'],
  ]
  for (const [name, user] of places) own(join(dir, name), user)
}

/** Makes a directory as an installation makes them: its user's, and readable by the group. */
export function own(path: string, user: User): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o750)
  chownSync(path, uidOf(user), idOf('group', GROUP))
}

/** setpriv with what makes a command that user's, in the group unless it is somebody else. */
function become(user: User, capabilities: readonly string[]): string[] {
  const kept = ['-all', ...capabilities.map((name) => `+${name}`)].join(',')
  return [
    '--pdeathsig=TERM',
    `--reuid=${USERS[user]}`,
    `--regid=${user === 'other' ? USERS.other : GROUP}`,
    '--clear-groups',
    `--bounding-set=${kept}`,
    `--inh-caps=${kept}`,
    `--ambient-caps=${kept}`,
    '--no-new-privs',
  ]
}

/** Starts `spillway ARGS` as a user, with an empty environment and no capability but those named. */
export function startAs(
  user: User,
  args: readonly string[],
  {
    capabilities = [],
    stderr = 'inherit',
  }: { capabilities?: string[]; stderr?: 'inherit' | 'pipe' } = {},
): ChildProcess {
  const { node, bin } = reached()
  const stdio: StdioOptions = ['ignore', 'ignore', stderr]
  return spawn(SETPRIV, [...become(user, capabilities), node, bin, ...args], {
    cwd: '/',
    env: {},
    stdio,
  })
}

/** Whether a user may do what a shell line does. */
export function may(user: User, line: string): boolean {
  const args = [...become(user, []), '/bin/sh', '-c', line]
  return spawnSync(SETPRIV, args, { cwd: '/', env: {}, stdio: 'ignore' }).status === 0
}

/** Why processes of other users cannot be started here, or null. */
export function noUsers(): string | null {
  const { node, bin } = reached()
  return may('service', `'${node}' '${bin}' --version`)
    ? null
    : `other users cannot run ${bin} with ${node}`
}

let known: Reach | null = null
const reached = (): Reach => (known ??= reach())

function idOf(database: 'passwd' | 'group', name: string): number {
  const { stdout } = spawnSync('/usr/bin/getent', [database, name], { encoding: 'utf8' })
  const id = Number(stdout.split(':')[2])
  if (!Number.isInteger(id)) throw new Error(`no ${database} entry for ${name}`)
  return id
}
