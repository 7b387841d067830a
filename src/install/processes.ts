/** Processes of this machine, as /proc shows them. */

import { readdirSync, readFileSync } from 'node:fs'

/** A process. */
export interface Process {
  readonly pid: number
  readonly parent: number
  /** First 15 bytes of the program's name. */
  readonly name: string
  readonly args: readonly string[]
}

/** All processes that can be looked at. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => processAt(Number(pid)))
    .filter((process) => process !== null)
}

/** One process, or null when it is gone or cannot be looked at. */
export function processAt(pid: number): Process | null {
  try {
    // The name in field 2 may hold blanks and brackets (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [, name, rest] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? []
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    return { pid, parent: Number(rest.split(' ')[1]), name, args }
  } catch {
    return null
  }
}

/** Shims that run from this file: their interpreter's arguments name it. */
export function shimsOf(path: string): Process[] {
  return processes().filter(({ args }) => args.slice(1, 4).includes(path))
}
