import { readFileSync } from 'node:fs'
import { readStatus } from './auditctl.ts'
import { follow } from './follow.ts'
import { linesOf } from './lines.ts'

/** Where a watcher looks: all it knows of the machine. Tests give texts. */
export interface Views {
  /** The lines of `auditctl -s`. Takes as long as the kernel lets it wait; rejects when it cannot be run. */
  status(): Promise<readonly string[]>
  /** The text of /proc/net/netlink. */
  netlink(): string
  /** The lines that come into the kernel log from now on. Throws when it cannot be read. */
  kernelLog(stop: AbortSignal): AsyncIterable<string>
}

/** The views of this machine. `kernelLog` is /dev/kmsg, or a file in which a syslog daemon keeps it. */
export function machineViews(kernelLog: string): Views {
  return {
    status: readStatus,
    // At once: a look every second through the thread pool would wake this process five times.
    netlink: () => readFileSync('/proc/net/netlink', 'latin1'),
    kernelLog: (stop) => linesOf(follow(kernelLog, stop)),
  }
}
