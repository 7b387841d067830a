/** Programs of the host, run to their end. */

import { spawnSync } from 'node:child_process'
import { codeOf } from '../model/failure.ts'

/** Where the host's own tools are, whatever the environment of whoever calls says; and English. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/** What Node says with a code alone when a program cannot be run to its end. */
const WHY_NOT: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be started',
  ETIMEDOUT: 'did not end in time',
}

/** How a program ended. */
export interface Ended {
  readonly out: string
  /** What stands against it in one line, null where it ended well. */
  readonly fault: string | null
}

/** What a program may be given. */
export interface Given {
  readonly input?: string
  /** Milliseconds after which it is ended. */
  readonly timeout?: number
}

/** Runs a program and waits for it. Throws nothing: one that is not there is a fault. */
export function run(command: string, args: readonly string[], given: Given = {}): Ended {
  const ended = spawnSync(command, args, { ...given, encoding: 'utf8', env: ENVIRONMENT })
  const out = ended.stdout ?? ''
  if (ended.error) {
    const why = WHY_NOT[codeOf(ended.error) ?? '']
    return { out, fault: why === undefined ? ended.error.message : `${command} ${why}` }
  }
  if (ended.status === 0) return { out, fault: null }
  const how = ended.signal === null ? `exit code ${ended.status}` : ended.signal
  return { out, fault: ended.stderr.trim().split('\n').at(-1) || how }
}
