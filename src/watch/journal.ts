import { placeOf } from './auditctl.ts'
import { linesFrom } from './program.ts'

const PLACES = ['/usr/bin/journalctl', '/bin/journalctl', '/run/current-system/sw/bin/journalctl']

/**
 * What is taken from the journal, by fields that journald fills itself and no program can forge: the
 * kernel's messages, and those under auditd's name from a process of root.
 */
const MATCHES = {
  kernel: ['_TRANSPORT=kernel'],
  auditd: ['_UID=0', 'SYSLOG_IDENTIFIER=auditd'],
} as const

/** Whose messages are wanted. */
export type Speaker = keyof typeof MATCHES

/** The lines that come into the journal from now on. Throws when it cannot be read. */
export function followJournal(
  speakers: readonly Speaker[],
  stop: AbortSignal,
): AsyncGenerator<string> {
  const matches = speakers.map((speaker) => MATCHES[speaker])
  const args = matches.flatMap((match, i) => (i === 0 ? match : ['+', ...match]))
  const path = placeOf('journalctl', PLACES)
  return linesFrom(path, ['--follow', '--lines=0', '--quiet', '--output=short-iso', ...args], stop)
}
