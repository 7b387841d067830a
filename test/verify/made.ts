import type { Message } from '../../src/model/delivery.ts'

/** A heartbeat and what it says of its interval. */
export type Made = Message & {
  readonly node: string
  readonly stream: Message | null
  readonly serials: Message
}

const START = Date.parse('2026-11-22T07:00:00.000Z')

export const timeAt = (interval: number): string =>
  new Date(START + interval * 10_000).toISOString()

/** Heartbeats of a host in consecutive intervals in which nothing is missing: ten events each. */
export function heartbeats(count: number, node = 'web-01', hasStream = true): Made[] {
  return Array.from({ length: count }, (_, n) => ({
    type: 'rates',
    v: 1,
    node,
    from: timeAt(n),
    to: timeAt(n + 1),
    part: 1,
    parts: 1,
    boot: 'b1',
    serials: { first: n * 10 + 1, last: n * 10 + 10, missing: 0, ranges: [], more: 0 },
    in: { events: 10, records: 30, entries: 40 },
    out: { events: 10, records: 30 },
    filtered: 0,
    rejected: 0,
    incomplete: 0,
    stream: hasStream ? sectionOf(n, node) : null,
    total: { events: 10, late: 0 },
    keys: [],
    now: { lost_delta: 0, time: timeAt(n + 2) },
  }))
}

function sectionOf(n: number, host: string): Message {
  return {
    host,
    from: `1.0.${n * 1000}`,
    to: `1.0.${(n + 1) * 1000}`,
    dropped_lines: 0,
    holes: [],
  }
}

/** The events that such heartbeats count. */
export function events(count: number, node = 'web-01'): Message[] {
  return Array.from({ length: count * 10 }, (_, i) => ({
    NODE: node,
    EVENT: {
      id: `${node}:${START / 1000 + i}.000:${i + 1}`,
      serial: i + 1,
      pos: `1.0.${i * 100}`,
      time: new Date(START + i * 1000).toISOString(),
      host: node,
    },
  }))
}
