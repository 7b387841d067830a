import { readFileSync, statSync } from 'node:fs'
import { codeOf } from '../model/failure.ts'
import { ask } from './auditctl.ts'
import { follow } from './follow.ts'
import { readHertz } from './hertz.ts'
import { followJournal, type Speaker } from './journal.ts'
import { linesOf } from './lines.ts'

/** Where a log is looked for instead of in a file. */
export const JOURNAL = 'journal'

/** Where auditd writes its state: up to 4.1.1, and since then. */
const STATES = ['/run/auditd.state', '/run/audit/auditd.state']

/** The text of auditd's state file. */
export interface StateText {
  readonly text: string
  /** When it was written, ms since the epoch. */
  readonly written: number
}

/** A log whose lines are followed. */
export interface LogSource {
  /** A path, or the journal. */
  readonly name: string
  /** The lines that come from now on. Throws when it cannot be read. */
  lines(stop: AbortSignal): AsyncIterable<string>
}

/** Where a watcher looks: all it knows of the machine. Tests give texts. */
export interface Views {
  /** The lines of `auditctl -s`. Takes as long as the kernel lets it wait; rejects when it cannot be run. */
  status(): Promise<readonly string[]>
  /** The lines of `auditctl -l`, likewise. */
  rules(): Promise<readonly string[]>
  /** The text of /proc/net/netlink. */
  netlink(): string
  /** auditd's state file as it was last written, null where there is none. Throws when it cannot be read. */
  state(): StateText | null
  /** When somebody asked for the rules to be looked at again, ms since the epoch; 0 for never. */
  wanted(): number
  /** The system's logs. */
  readonly logs: readonly LogSource[]
  /** Jiffies in a second, null where not known. */
  readonly hz: number | null
}

/** What a watcher of this machine is pointed at. */
export interface Places {
  /** /dev/kmsg, a file in which a syslog daemon keeps the kernel's log, or JOURNAL. */
  readonly kernelLog: string
  /** A file in which a syslog daemon keeps what auditd says, or JOURNAL. */
  readonly auditdLog: string
  /** File that the service touches when it learns that rules were changed. */
  readonly wanted: string
}

/** The views of this machine. */
export function machineViews({ kernelLog, auditdLog, wanted }: Places): Views {
  return {
    status: () => ask('-s'),
    rules: () => ask('-l'),
    // At once: a look every second through the thread pool would wake this process five times.
    netlink: () => readFileSync('/proc/net/netlink', 'latin1'),
    state: readState,
    wanted: () => statSync(wanted, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    logs: logsOf({ kernel: kernelLog, auditd: auditdLog }),
    hz: readHertz(),
  }
}

/** The logs to be followed, each once: one that holds what both say is read for both. */
function logsOf(places: Readonly<Record<Speaker, string>>): LogSource[] {
  const speakers = Object.keys(places) as Speaker[]
  const inJournal = speakers.filter((speaker) => places[speaker] === JOURNAL)
  const files = new Set(Object.values(places).filter((place) => place !== JOURNAL))
  const sources: LogSource[] = [...files].map((path) => ({
    name: path,
    lines: (stop) => linesOf(follow(path, stop)),
  }))
  if (inJournal.length > 0)
    sources.push({ name: JOURNAL, lines: (stop) => followJournal(inJournal, stop) })
  return sources
}

function readState(): StateText | null {
  for (const path of STATES) {
    try {
      return { written: statSync(path).mtimeMs, text: readFileSync(path, 'latin1') }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
  return null
}
