import { byNode } from './chain.ts'
import type { Cause, Finding } from './finding.ts'
import type { Heartbeat } from './heartbeat.ts'

const HOUR_MS = 3_600_000
/** Hours of one finding that have a row each, over a year; of longer ones the first and the last have. */
const MOST_HOURS = 10_000

/** What is known of one hour of a node. */
interface Hour {
  readonly heartbeats: Heartbeat[]
  /** What is missing in it. */
  readonly open: Finding[]
  /** Events that were brought back. */
  back: number
  /** A boot that no heartbeat tells of reaches into it. */
  isBooted: boolean
}

/** What the heartbeats of one node say of one hour. */
export interface HourRow {
  readonly node: string
  /** Its beginning, ISO 8601, UTC. */
  readonly hour: string
  readonly heartbeats: number
  /** Boot ids of the stream. */
  readonly boots: readonly string[]
  readonly events: number
  readonly records: number
  readonly rejected: number
  readonly incomplete: number
  /** Serials that did not come, and how many of these with a known reason. */
  readonly missing: number
  /** Of these, how many were brought back, as far as a range was filled whole. */
  readonly recovered: number
  /** Lines that are missing in the spool, as far as it is known. */
  readonly dropped_lines: number
  /** Losses that the kernel counted; null where nobody looked. */
  readonly lost: number | null
  /** Null where no heartbeat tells, since the host was started again. */
  readonly complete: boolean | null
  /** Causes of what is missing in it. */
  readonly causes: readonly Cause[]
}

/** What was found, by what became of it. */
export interface Found {
  readonly open: readonly Finding[]
  readonly closed: readonly Finding[]
  readonly notes: readonly Finding[]
}

/**
 * The hours of each node, in order: those in which a heartbeat begins, and all that something missing, or a
 * boot, reaches into.
 */
export function hoursOf(heartbeats: readonly Heartbeat[], found: Found): HourRow[] {
  return [...byNode(heartbeats)]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .flatMap(([node, own]) => {
      const hours = new Map<number, Hour>()
      const hourAt = (hour: number): Hour => {
        const known = hours.get(hour) ?? { heartbeats: [], open: [], back: 0, isBooted: false }
        hours.set(hour, known)
        return known
      }
      const mine = ({ node: of }: Finding): boolean => of === node
      for (const one of own) hourAt(hourOf(one.start)).heartbeats.push(one)
      for (const one of found.open.filter(mine))
        for (const hour of hoursIn(one)) hourAt(hour).open.push(one)
      for (const one of found.notes.filter(mine))
        if (one.cause === 'boot') for (const hour of hoursIn(one)) hourAt(hour).isBooted = true
      for (const one of found.closed.filter(mine))
        if (one.unit === 'events') hourAt(hoursIn(one)[0]).back += one.count ?? 0
      return [...hours]
        .toSorted(([a], [b]) => a - b)
        .map(([number, hour]) => rowOf(node, number, hour))
    })
}

function rowOf(node: string, number: number, { heartbeats, open, back, isBooted }: Hour): HourRow {
  const sum = (of: (one: Heartbeat) => number): number =>
    heartbeats.reduce((total, one) => total + of(one), 0)
  const looked = heartbeats.some(({ lost }) => lost !== null)
  const isUnknown = isBooted && heartbeats.length === 0
  return {
    node,
    hour: new Date(number * HOUR_MS).toISOString(),
    heartbeats: heartbeats.length,
    boots: [...new Set(heartbeats.flatMap(({ boot }) => boot ?? []))],
    events: sum((one) => one.in.events),
    records: sum((one) => one.in.records),
    rejected: sum((one) => one.rejected),
    incomplete: sum((one) => one.incomplete),
    missing: sum(({ serials }) => serials?.missing ?? 0),
    recovered: back,
    dropped_lines: sum(({ stream }) => stream?.dropped_lines ?? 0),
    lost: looked ? sum(({ lost }) => lost ?? 0) : null,
    complete: open.length > 0 ? false : isUnknown ? null : true,
    causes: [...new Set(open.map(({ cause }) => cause))],
  }
}

/** Hours into which a finding reaches, by their numbers since the epoch: at least one. */
function hoursIn({ from, to }: Finding): number[] {
  const first = hourOf(Date.parse(from ?? to ?? ''))
  // What ends with an hour does not reach into the next one.
  const last = from === null || to === null ? first : hourOf(Date.parse(to) - 1)
  const count = Math.max(1, last - first + 1)
  if (count > MOST_HOURS) return [first, last]
  return Array.from({ length: count }, (_, i) => first + i)
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS)
}
