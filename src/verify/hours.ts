import { byNode } from './chain.ts'
import type { Cause, Finding } from './finding.ts'
import type { Heartbeat } from './heartbeat.ts'

const HOUR_MS = 3_600_000

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
  readonly complete: boolean
  /** Causes of what is missing in it. */
  readonly causes: readonly Cause[]
}

/** The hours of each node, in order. An hour is that of the beginning of a heartbeat, or of a finding. */
export function hoursOf(
  heartbeats: readonly Heartbeat[],
  findings: readonly Finding[],
  closed: readonly Finding[],
): HourRow[] {
  return [...byNode(heartbeats)]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .flatMap(([node, own]) => {
      const hours = new Map<number, Heartbeat[]>()
      for (const one of own) {
        const hour = Math.floor(one.start / HOUR_MS)
        hours.set(hour, [...(hours.get(hour) ?? []), one])
      }
      const mine = findings.filter((finding) => finding.node === node)
      const back = closed.filter((finding) => finding.node === node)
      for (const { from, to } of mine)
        hours.set(hourOf(from ?? to), hours.get(hourOf(from ?? to)) ?? [])
      return [...hours]
        .toSorted(([a], [b]) => a - b)
        .map(([hour, inside]) =>
          rowOf(
            node,
            hour,
            inside,
            mine.filter(({ from, to }) => hourOf(from ?? to) === hour),
            back.filter(({ from, to }) => hourOf(from ?? to) === hour),
          ),
        )
    })
}

function rowOf(
  node: string,
  hour: number,
  inside: readonly Heartbeat[],
  findings: readonly Finding[],
  closed: readonly Finding[],
): HourRow {
  const sum = (of: (one: Heartbeat) => number): number =>
    inside.reduce((total, one) => total + of(one), 0)
  const looked = inside.some(({ lost }) => lost !== null)
  return {
    node,
    hour: new Date(hour * HOUR_MS).toISOString(),
    heartbeats: inside.length,
    boots: [...new Set(inside.flatMap(({ boot }) => boot ?? []))],
    events: sum((one) => one.in.events),
    records: sum((one) => one.in.records),
    rejected: sum((one) => one.rejected),
    incomplete: sum((one) => one.incomplete),
    missing: sum(({ serials }) => serials?.missing ?? 0),
    recovered: closed.reduce((all, one) => all + (one.unit === 'events' ? (one.count ?? 0) : 0), 0),
    dropped_lines: sum(({ stream }) => stream?.dropped_lines ?? 0),
    lost: looked ? sum(({ lost }) => lost ?? 0) : null,
    complete: findings.length === 0,
    causes: [...new Set(findings.map(({ cause }) => cause))],
  }
}

function hourOf(time: string | null): number {
  return Math.floor(Date.parse(time ?? '') / HOUR_MS)
}
