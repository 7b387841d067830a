/** Users and groups, made by the host's own tools (shadow: every distribution that has auditd). */

import { ExitCode, Failure } from '../model/failure.ts'
import type { Host } from './host.ts'
import { run } from './program.ts'
import type { Step } from './step.ts'

/** Group of the spool's readers and writers. */
export const GROUP = 'spillway'
/** User of `spillway run`. */
export const SERVICE_USER = 'spillway'
/** User that the shim changes to; the spool is its. */
export const SHIM_USER = 'spillway-shim'
/** User of `spillway watch`. */
export const WATCH_USER = 'spillway-watch'
/** All users, in the order in which they are made. */
export const USERS: readonly string[] = [SERVICE_USER, SHIM_USER, WATCH_USER]

/** Makes the group. */
export function groupStep(host: Host): Step {
  return {
    what: `create group ${GROUP}`,
    isDone: () => host.gid(GROUP) !== null,
    run: () => tool(host, 'groupadd', '--system', GROUP),
  }
}

/** Makes a user of the group, who cannot log in and has no home. */
export function userStep(host: Host, name: string): Step {
  return {
    what: `create user ${name} (group ${GROUP})`,
    isDone: () => host.uid(name) !== null,
    run: () => {
      const nobody = ['--no-create-home', '--home-dir', '/', '--shell', '/usr/sbin/nologin']
      tool(host, 'useradd', '--system', '--gid', GROUP, ...nobody, name)
    },
  }
}

/** Takes a user or the group away again. */
export function removeAccount(host: Host, kind: 'user' | 'group', name: string): Step {
  return {
    what: `remove ${kind} ${name}`,
    isDone: () => (kind === 'user' ? host.uid(name) : host.gid(name)) === null,
    run: () => tool(host, kind === 'user' ? 'userdel' : 'groupdel', name),
  }
}

function tool(host: Host, name: string, ...args: readonly string[]): void {
  const { fault } = run(name, [...(host.isLive ? [] : ['--prefix', host.root]), ...args])
  if (fault !== null) throw new Failure(ExitCode.Fault, `${name} ${args.join(' ')}: ${fault}`)
}
