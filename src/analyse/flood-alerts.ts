import { alertOf, type Finding, type Severity } from '../model/alert.ts'
import type { Message } from '../model/delivery.ts'
import { jsonText } from '../model/json.ts'
import { OTHER } from './keys.ts'
import { perSecond, rounded } from './messages.ts'

/** Entries a second from which a flood is critical: the usual backlog of 8,192 is full in a second. */
const CRITICAL_ENTRIES = 8192

/** What a flood alert is made of. Sums are over the seconds of the flood so far. */
export interface FloodFigures {
  readonly node: string
  readonly key: string
  /** First second. */
  readonly from: number
  readonly seconds: number
  readonly events: number
  readonly entries: number
  /** Entries of all keys. */
  readonly all: number
  /** Most entries in one second. */
  readonly peak: number
  /** Entries a second before the flood. */
  readonly usual: number
}

/** The alert that a flood has begun. */
export function floodStart(flood: FloodFigures): Message {
  const entries = perSecond(flood.entries, flood.seconds)
  const severity = entries >= CRITICAL_ENTRIES ? 'critical' : 'warning'
  const advice =
    flood.key === ''
      ? 'find the record types and programs that make them and exclude those'
      : flood.key === OTHER
        ? 'too many keys are in use to tell which'
        : `narrow its rules (auditctl -l -k ${shellWord(flood.key)})`
  const text =
    `${named(flood)} on ${flood.node} make ${Math.round(entries)} records a second, ` +
    `${percent(flood)} % of all and usually ${Math.round(flood.usual)}: ` +
    `${advice} before the kernel's backlog overflows.`
  return alertOf({ ...finding(flood), type: 'flood.start', severity, text })
}

/** The alert that a flood is over. */
export function floodEnd(flood: FloodFigures): Message {
  const text =
    `${named(flood)} on ${flood.node} are calm again after a flood of ${flood.seconds} s ` +
    `with ${flood.entries} records, ${flood.peak} in its worst second.`
  const severity: Severity = 'info'
  const over = finding(flood)
  const end = { status: 'resolved', endsAt: over.time } as const
  return alertOf({ ...over, ...end, type: 'flood.end', severity, text })
}

function finding(flood: FloodFigures): Omit<Finding, 'type' | 'severity' | 'text'> {
  const { node, key, from, seconds, events, entries, all, peak, usual } = flood
  return {
    node,
    time: (from + seconds) * 1000,
    subject: key,
    status: 'firing',
    startsAt: from * 1000,
    endsAt: null,
    evidence: {
      key,
      events_per_s: perSecond(events, seconds),
      entries_per_s: perSecond(entries, seconds),
      peak_entries_per_s: peak,
      share: rounded(entries / all),
      usual_per_s: rounded(usual),
      seconds,
      events,
      entries,
    },
  }
}

function named(flood: FloodFigures): string {
  if (flood.key === '') return 'Events without a rule key'
  if (flood.key === OTHER) return 'Events of rarer rule keys'
  return `Events with rule key ${jsonText(flood.key)}`
}

function percent(flood: FloodFigures): number {
  return Math.round((100 * flood.entries) / flood.all)
}

/** A word as a shell takes it: keys may hold anything. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
