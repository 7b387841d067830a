import type { Finding } from './finding.ts'
import type { Heartbeat } from './heartbeat.ts'
import { Recovered } from './recovered.ts'
import { Serials, textOfRuns } from './serials.ts'

/** The members of an event that are looked at (docs/contracts.md, Events). */
interface EventLine {
  readonly NODE?: string
  readonly EVENT: {
    readonly id: string
    readonly pos: string
    readonly time: string
    readonly serial: number
    readonly host: string
    readonly recovered?: unknown
  }
}

/** Events of `DAEMON_*` records, whose serials are auditd's own. */
const DAEMON = /:d\d+$/

/** Counts events by node and stamp second, each once, however often it was delivered. */
export class EventCounts {
  /** Those that were brought back, which are not counted. */
  readonly recovered: Recovered = new Recovered()
  readonly #serials = new Serials()
  /**
   * What came, by node and stamp second: identities with positions, since a spool that is made anew has the
   * same positions again. About 150 bytes of memory an event.
   */
  readonly #nodes = new Map<string, Map<number, Set<string>>>()

  /** Takes a line of a file of events; false where it is none. What was recovered is not counted. */
  take(line: string): boolean {
    const event = readEvent(line)
    if (event === null) return false
    const { id, pos, time, serial, host, recovered } = event.EVENT
    const node = event.NODE ?? host
    const at = Date.parse(time)
    if (recovered !== undefined) this.recovered.take(node, serial, at)
    if (recovered !== undefined) return true
    const seconds = this.#nodes.get(node) ?? new Map<number, Set<string>>()
    this.#nodes.set(node, seconds)
    const second = Math.floor(at / 1000)
    const there = seconds.get(second) ?? new Set<string>()
    seconds.set(second, there.add(`${id} ${pos}`))
    if (!DAEMON.test(id)) this.#serials.add(node, serial, at)
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
      if (less > 0) found.push(lacking(one, less, this.#absentOf(one)))
      spare += Math.max(0, -less)
      late += one.total.late
    }
    const first = Math.min(...heartbeats.map(({ start }) => start)) / 1000
    const older = this.#between(node, 0, first)
    const less = late - spare - older
    if (less > 0) found.push(lackingLate(heartbeats, less, late))
    return found
  }

  /** Serials of an interval that are in no file, for people. */
  #absentOf({ node, serials }: Heartbeat): string | null {
    const { first, last, ranges } = serials ?? { first: null, last: null, ranges: [] }
    if (first === null || last === null) return null
    return textOfRuns(this.#serials.absent(node, first, last, ranges))
  }

  #between(node: string, from: number, to: number): number {
    let count = 0
    const seconds = this.#nodes.get(node)
    if (seconds === undefined) return 0
    if (to - from > seconds.size) {
      for (const [second, there] of seconds) if (second >= from && second < to) count += there.size
      return count
    }
    for (let second = from; second < to; second++) count += seconds.get(second)?.size ?? 0
    return count
  }
}

function readEvent(line: string): EventLine | null {
  try {
    const value = JSON.parse(line) as Partial<EventLine> | null
    const { id, pos, time, serial } = value?.EVENT ?? {}
    const isEvent = [id, pos, time].every((text) => typeof text === 'string')
    return isEvent && typeof serial === 'number' ? (value as EventLine) : null
  } catch {
    return null
  }
}

function lacking(
  { node, from, to, total }: Heartbeat,
  count: number,
  range: string | null,
): Finding {
  const which = range === null ? '' : `: serials ${range}`
  const text = `of ${total.events} events that the heartbeat counts ${count} are not in the files${which}`
  return { cause: 'events', node, from, to, count, unit: 'events', range, text }
}

function lackingLate(heartbeats: readonly Heartbeat[], count: number, all: number): Finding {
  const [{ node, from }] = heartbeats
  const { to } = heartbeats[heartbeats.length - 1]
  const text = `of ${all} events that came late ${count} are not in the files`
  return { cause: 'events', node, from, to, count, unit: 'events', range: null, text }
}
