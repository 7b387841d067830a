import type { Message } from '../model/delivery.ts'
import { jsonText } from '../model/json.ts'
import { OTHER } from './keys.ts'

/** Where rows and alerts go. */
export interface Output {
  /** Boot id of the stream's writer now, null where unknown. */
  readonly boot: string | null
  emitRate(row: Message): void
  emitAlert(alert: Message): void
}

/** Version of the rates row and of the flood alerts. */
const VERSION = 1

/** Entries a second from which a flood is critical: the usual backlog of 8,192 is full in a second. */
const CRITICAL_ENTRIES = 8192

/** What a rates row is made of. */
export interface RateFigures {
  readonly node: string
  /** Boot id of the stream's writer, null where unknown. */
  readonly boot: string | null
  /** First second, and the second after the last. */
  readonly from: number
  readonly to: number
  /** Null for the total. */
  readonly key: string | null
  readonly events: number
  readonly records: number
  readonly entries: number
  readonly bytes: number
  /** Most records in one second, and that second. */
  readonly peak: number
  readonly peakAt: number | null
  /** Events that came too late for their own interval. */
  readonly late: number
  readonly rejected: number
}

/** One rates row; the total's also has `boot` and `rejected`. */
export function ratesRow(figures: RateFigures): Message {
  const { node, from, to, key, events, records, entries, bytes, peak, peakAt, late } = figures
  const row = {
    type: 'rates',
    v: VERSION,
    node,
    from: timeOf(from),
    to: timeOf(to),
    key,
    events,
    records,
    entries,
    bytes,
    events_per_s: perSecond(events, to - from),
    records_per_s: perSecond(records, to - from),
    bytes_per_s: perSecond(bytes, to - from),
    peak_records_per_s: peak,
    peak_at: peakAt === null ? null : timeOf(peakAt),
    late,
  }
  return key === null ? { ...row, rejected: figures.rejected, boot: figures.boot } : row
}

/** What a flood alert is made of. Sums are over the seconds of the flood so far. */
export interface FloodFigures {
  readonly node: string
  readonly key: string
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
  return alert('flood.start', severity, flood, text)
}

/** The alert that a flood is over. */
export function floodEnd(flood: FloodFigures): Message {
  const text =
    `${named(flood)} on ${flood.node} are calm again after a flood of ${flood.seconds} s ` +
    `with ${flood.entries} records, ${flood.peak} in its worst second.`
  return { ...alert('flood.end', 'info', flood, text), began: timeOf(flood.from) }
}

function alert(type: string, severity: string, flood: FloodFigures, text: string): Message {
  const { node, key, from, seconds, events, entries, all, peak, usual } = flood
  return {
    type,
    v: VERSION,
    time: timeOf(from + seconds),
    node,
    severity,
    key,
    events_per_s: perSecond(events, seconds),
    entries_per_s: perSecond(entries, seconds),
    peak_entries_per_s: peak,
    share: rounded(entries / all),
    usual_per_s: rounded(usual),
    seconds,
    events,
    entries,
    text,
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

function perSecond(n: number, seconds: number): number {
  return rounded(n / seconds)
}

function rounded(n: number): number {
  return Math.round(n * 1000) / 1000
}

function timeOf(second: number): string {
  return new Date(second * 1000).toISOString()
}
