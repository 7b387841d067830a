import type { Position } from '../model/place.ts'
import { objectIn, readPosition } from './delivered-event.ts'
import { NamedSerials } from './named-serials.ts'

/** A hole in the stream that an alert announced. */
export interface Hole {
  readonly type: string
  readonly from: Position
  readonly to: Position
  /** Its position, as the alert has it. */
  readonly at: string
  /** What is missing there, null where that was not known. */
  readonly lines: number | null
  readonly bytes: number | null
  /** When it began, in ISO 8601; of what left no time, when it was found. */
  readonly since: string
}

/** The alert that names serials. */
const GAP = 'stream.gap'
/** Alerts that announce a hole at a position. */
const TYPES = new Set(['spool.dropped', 'spool.died', 'spool.skipped', 'spool.corrupt'])

interface Alert {
  readonly type?: unknown
  readonly node?: unknown
  readonly dedup_key?: unknown
  readonly starts_at?: unknown
  readonly evidence?: Evidence | null
}

interface Evidence {
  readonly at?: unknown
  readonly from?: unknown
  readonly to?: unknown
  readonly lines?: unknown
  readonly bytes?: unknown
  readonly ranges?: unknown
}

/** One of `stream.gap`. */
interface Range {
  readonly from?: unknown
  readonly to?: unknown
  readonly before?: unknown
  readonly after?: unknown
}

/** The holes that the alerts of an installation announced. An alert that comes again counts once. */
export class Holes {
  /** What `stream.gap` names: where no hole of the spool is known. */
  readonly serials: NamedSerials = new NamedSerials()
  readonly #byTrouble = new Map<string, Hole>()

  /** In the order of the stream. */
  get all(): Hole[] {
    return [...this.#byTrouble.values()].toSorted(
      (a, b) => a.from.epoch - b.from.epoch || a.from.place - b.from.place,
    )
  }

  /** Takes one line of alerts; what announces no hole is passed over. */
  add(line: string): void {
    const alert = objectIn(line)
    if (alert === null) return
    const { type, node, dedup_key: trouble, starts_at: since, evidence } = alert as Alert
    if (type === GAP && Array.isArray(evidence?.ranges)) this.#addSerials(node, evidence.ranges)
    if (typeof type !== 'string' || !TYPES.has(type)) return
    const { at, from = at, to = from, lines, bytes } = evidence ?? {}
    const [first, last] = [readPosition(String(from)), readPosition(String(to))]
    if (first === null || last === null) return
    this.#byTrouble.set(String(trouble), {
      type,
      from: first,
      to: last,
      at: String(from),
      lines: countOf(lines),
      bytes: countOf(bytes),
      since: String(since),
    })
  }

  #addSerials(node: unknown, ranges: readonly (Range | null)[]): void {
    for (const range of ranges) {
      const { from, to, before, after } = range ?? {}
      const times = [Date.parse(String(before)), Date.parse(String(after))]
      if (typeof from !== 'number' || typeof to !== 'number' || times.some(Number.isNaN)) continue
      this.serials.add(String(node), { from, to, before: times[0], after: times[1] })
    }
  }
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
