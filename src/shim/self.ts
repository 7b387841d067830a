/** Who this process is, as a segment header tells it, so that a reader knows when it is gone. */

import { readFileSync, readlinkSync } from 'node:fs'

/** One process on one boot. */
export interface Self {
  /** Boot id of the kernel. */
  readonly boot: string
  readonly pid: number
  /** Inode of the pid namespace that `pid` counts in. */
  readonly pidNamespace: number
  /** Start in clock ticks since boot. */
  readonly started: number
}

/** Reads it from /proc; throws where that is not mounted. */
export function describeSelf(): Self {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    pid: process.pid,
    pidNamespace: Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]),
    started: startOf(readFileSync('/proc/self/stat', 'latin1')),
  }
}

/** Field 22 of /proc/PID/stat; the command in field 2 may hold blanks and brackets (proc(5)). */
export function startOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}
