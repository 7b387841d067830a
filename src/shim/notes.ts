/**
 * Where the shim says what the operator must know. As a plugin of auditd its stdout and stderr are
 * /dev/null, so it writes to the kernel log, or where it may not, to the journal's stream socket (a few
 * header lines, then one line a message; sd_journal_stream_fd(3)); on standard error besides.
 */

import { constants, openSync, writeSync } from 'node:fs'
import { connect } from 'node:net'

const JOURNAL = '/run/systemd/journal/stdout'
/** At most so many lines a minute; what is over is counted. The kernel takes ten in 5 s from a process. */
const LINES_PER_MINUTE = 20

/** Syslog severities (RFC 5424, 6.2.1). */
export const Severity = { Error: 3, Warning: 4, Info: 6 } as const
export type Severity = (typeof Severity)[keyof typeof Severity]

/** Says things to the operator, never too many. */
export interface Notes {
  say(severity: Severity, text: string): void
}

/** Opens the kernel log while the process may. Never throws. */
export function openNotes(): Notes {
  const kernel = openSink('/dev/kmsg')
  // A second, unblocking way to standard error, for a pipe that nobody reads. A socket has none.
  const errors = openSink('/proc/self/fd/2') ?? 2
  let windowStart = 0
  let lines = 0
  const write = (severity: Severity, text: string) => {
    const line = `spillway-shim[${process.pid}]: ${text.replaceAll('\n', ' ')}`
    tryWrite(errors, `${line}\n`)
    if (kernel === null || !tryWrite(kernel, `<${severity + 8 * 3}>${line}\n`)) {
      writeToJournal(severity, line)
    }
  }
  return {
    say(severity, text) {
      if (performance.now() - windowStart > 60_000) {
        const kept = lines - LINES_PER_MINUTE
        windowStart = performance.now()
        lines = 0
        if (kept > 0) write(Severity.Warning, `${kept} messages of the last minute were not said`)
      }
      if (++lines <= LINES_PER_MINUTE) write(severity, text)
    },
  }
}

function openSink(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return null
  }
}

function tryWrite(fd: number, text: string): boolean {
  try {
    writeSync(fd, text)
    return true
  } catch {
    return false
  }
}

function writeToJournal(severity: Severity, line: string): void {
  const socket = connect(JOURNAL)
  socket.on('error', () => socket.destroy())
  socket.end(`spillway-shim\n\n${severity}\n0\n0\n0\n0\n${line}\n`)
  socket.unref()
}
