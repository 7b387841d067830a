import type { Finding } from './finding.ts'
import type { Heartbeat } from './heartbeat.ts'

/** The members of an event that are looked at (docs/contracts.md, Events). */
interface EventLine {
  readonly NODE?: string
  readonly EVENT: {
    readonly pos: string
    readonly time: string
    readonly host: string
    readonly recovered?: unknown
  }
}

/** Counts events by node and stamp second, each once, however often it was delivered. */
export class EventCounts {
  /** Positions that came, by host. About 150 bytes of memory an event. */
  readonly #seen = new Map<string, Set<string>>()
  readonly #nodes = new Map<string, Map<number, number>>()

  /** Takes a line of a file of events; false where it is none. What was recovered is passed over. */
  take(line: string): boolean {
    const event = readEvent(line)
    if (event === null) return false
    const { pos, time, host, recovered } = event.EVENT
    if (recovered !== undefined || !this.#isNew(host, pos)) return true
    const node = event.NODE ?? host
    const second = Math.floor(Date.parse(time) / 1000)
    const seconds = this.#nodes.get(node) ?? new Map<number, number>()
    this.#nodes.set(node, seconds)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
    return true
  }

  /**
   * What is not there of what heartbeats count. An event that came late has its stamp in another interval
   * than the one that counts it: those are held against all events of their node.
   */
  compare(nodes: ReadonlyMap<string, readonly Heartbeat[]>): Finding[] {
    return [...nodes].flatMap(([node, heartbeats]) => this.#compareNode(node, heartbeats))
  }

  #compareNode(node: string, heartbeats: readonly Heartbeat[]): Finding[] {
    const found: Finding[] = []
    let spare = 0
    let late = 0
    for (const one of heartbeats) {
      const there = this.#between(node, one.start / 1000, one.end / 1000)
      const less = one.total.events - there
      if (less > 0) found.push(lacking(one, less, one.total.events))
      spare += Math.max(0, -less)
      late += one.total.late
    }
    const first = Math.min(...heartbeats.map(({ start }) => start)) / 1000
    const older = this.#between(node, 0, first)
    const less = late - spare - older
    if (less > 0) found.push(lackingLate(heartbeats, less, late))
    return found
  }

  #between(node: string, from: number, to: number): number {
    let count = 0
    const seconds = this.#nodes.get(node)
    if (seconds === undefined) return 0
    if (to - from > seconds.size) {
      for (const [second, events] of seconds) if (second >= from && second < to) count += events
      return count
    }
    for (let second = from; second < to; second++) count += seconds.get(second) ?? 0
    return count
  }

  #isNew(host: string, pos: string): boolean {
    const seen = this.#seen.get(host) ?? new Set<string>()
    this.#seen.set(host, seen)
    if (seen.has(pos)) return false
    seen.add(pos)
    return true
  }
}

function readEvent(line: string): EventLine | null {
  try {
    const value = JSON.parse(line) as Partial<EventLine> | null
    const { pos, time } = value?.EVENT ?? {}
    return typeof pos === 'string' && typeof time === 'string' ? (value as EventLine) : null
  } catch {
    return null
  }
}

function lacking({ node, from, to }: Heartbeat, count: number, all: number): Finding {
  const text = `of ${all} events that the heartbeat counts ${count} are not in the files`
  return { cause: 'events', node, from, to, count, unit: 'events', range: null, text }
}

function lackingLate(heartbeats: readonly Heartbeat[], count: number, all: number): Finding {
  const [{ node, from }] = heartbeats
  const { to } = heartbeats[heartbeats.length - 1]
  const text = `of ${all} events that came late ${count} are not in the files`
  return { cause: 'events', node, from, to, count, unit: 'events', range: null, text }
}
