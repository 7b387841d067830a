/** Who this process is, as a segment header tells it, so that a reader knows when it is gone. */

import { readFileSync, readlinkSync } from 'node:fs'
import { processStart } from '../spool/format.ts'

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
    started: processStart(readFileSync('/proc/self/stat', 'latin1')),
  }
}
