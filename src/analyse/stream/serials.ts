import { QUIET_MS } from '../../model/limits.ts'

/**
 * Which serials of one node are missing.
 *
 * The kernel numbers the events of a boot one by one (audit_serial in kernel/audit.c, 32 bits). They
 * come a little out of order, so a serial that is skipped stands in a gap until it comes:
 *
 * ```
 *  … 7 8 9 [10 11] 12 13 14 [15] 16     newest: 16, gaps 10–11 and 15, each with the second it showed in
 * ```
 *
 * A gap that is still there when its second is closed is missing, unless the stream's clock has not gone on
 * since: after a stall what auditd had kept comes at once, and an event that only silence closes comes last
 * of all. In order, which is nearly always, an event costs a comparison.
 */

/** Gaps open at a time; when there are more, the oldest quarter is missing at once. */
const MAX_GAPS = 4096

/**
 * Events in a row that are behind the newest serial, fill no gap, and are younger by RESET_MS: the node
 * has booted and counts from 1. Copies of old events are as old as those.
 */
const RESET_EVENTS = 16
const RESET_MS = 10_000

/** Serials in a row that did not come. */
export interface Gap {
  readonly first: number
  readonly last: number
  /** Stamps of the event before it and of the one after it, ms since the epoch. */
  readonly before: number
  readonly after: number
  /** Second in which it showed. */
  readonly shown: number
  /** The stream's clock then, ms. */
  readonly clock: number
  /** What is known to have happened to the stream there; null where it is whole. */
  readonly why: string | null
}

/** The serials in the checkpoint. */
export interface SerialsState {
  readonly newest: number | null
  readonly stamp: number
  readonly behind: number
  readonly gaps: readonly Gap[]
}

/** Follows the serials of one node. */
export class Serials {
  readonly #miss: (gap: Gap) => void
  #newest: number | null
  /** Stamp of the newest serial, ms since the epoch. */
  #stamp: number
  /** Events in a row that look like another boot. */
  #behind: number
  #gaps: Gap[]

  /** `miss` takes each gap that is missing for good, the oldest first. */
  constructor(miss: (gap: Gap) => void, state?: SerialsState) {
    this.#miss = miss
    this.#newest = state?.newest ?? null
    this.#stamp = state?.stamp ?? 0
    this.#behind = state?.behind ?? 0
    this.#gaps = [...(state?.gaps ?? [])]
  }

  /**
   * Takes the serial of an event with this stamp, in ms since the epoch. A gap that it shows counts in
   * the second `shown`, at this clock of the stream, and has `why` as its reason.
   */
  take(serial: number, stamp: number, shown: number, clock: number, why: string | null): void {
    if (this.#newest === null) {
      this.#newest = serial
      this.#stamp = stamp
      return
    }
    const ahead = distance(this.#newest, serial)
    if (ahead > 0) {
      if (ahead > 1) this.#open(serial, stamp, shown, clock, why)
      this.#newest = serial
      this.#stamp = stamp
      this.#behind = 0
      return
    }
    if (ahead === 0) return
    if (this.#fill(serial, stamp) || stamp < this.#stamp + RESET_MS) {
      this.#behind = 0
      return
    }
    if (++this.#behind < RESET_EVENTS) return
    this.reset()
    this.take(serial, stamp, shown, clock, why)
  }

  /** A serial is newer than all that came. */
  isAhead(serial: number): boolean {
    return this.#newest === null || distance(this.#newest, serial) > 0
  }

  /** Gaps that showed before `second` are missing, once what was open then has closed by this clock. */
  settle(second: number, clock: number): void {
    if (this.#gaps.length === 0) return
    const waits = (gap: Gap): boolean => gap.shown >= second || clock < gap.clock + QUIET_MS
    const gaps = this.#gaps
    this.#gaps = gaps.filter(waits)
    for (const gap of gaps) if (!waits(gap)) this.#miss(gap)
  }

  /**
   * How many serials of events stamped since a time, ms since the epoch, did not come, without a reason, of those
   * that showed after one clock of the stream and by another. Events that have `begun` did come.
   */
  openSince(time: number, after: number, by: number, begun: readonly number[] = []): number {
    const counts = (gap: Gap): boolean =>
      gap.after >= time && gap.clock > after && gap.clock <= by && gap.why === null
    const all = this.#gaps.reduce((sum, gap) => sum + (counts(gap) ? sizeOf(gap) : 0), 0)
    const came = begun.filter((serial) => {
      const at = this.#find(serial)
      return at >= 0 && counts(this.#gaps[at])
    })
    return all - came.length
  }

  /** The node counts from the beginning: what is open is missing. */
  reset(): void {
    this.settle(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    this.#newest = null
    this.#behind = 0
  }

  /** For the checkpoint. */
  state(): SerialsState {
    return { newest: this.#newest, stamp: this.#stamp, behind: this.#behind, gaps: this.#gaps }
  }

  #open(serial: number, stamp: number, shown: number, clock: number, why: string | null): void {
    if (this.#gaps.length >= MAX_GAPS) this.#settleOldest()
    const first = next(this.#newest ?? 0)
    this.#gaps.push({
      first,
      last: before(serial),
      before: this.#stamp,
      after: stamp,
      shown,
      clock,
      why,
    })
  }

  #settleOldest(): void {
    for (const gap of this.#gaps.splice(0, MAX_GAPS / 4)) this.#miss(gap)
  }

  /** Takes a serial out of its gap; false where it is in none. */
  #fill(serial: number, stamp: number): boolean {
    const at = this.#find(serial)
    if (at < 0) return false
    const gap = this.#gaps[at]
    const rest: Gap[] = []
    if (gap.first !== serial) rest.push({ ...gap, last: before(serial), after: stamp })
    if (gap.last !== serial) rest.push({ ...gap, first: next(serial), before: stamp })
    this.#gaps.splice(at, 1, ...rest)
    if (this.#gaps.length > MAX_GAPS) this.#settleOldest()
    return true
  }

  /** The gap that a serial stands in, or -1. */
  #find(serial: number): number {
    let low = 0
    let high = this.#gaps.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (distance(this.#gaps[middle].first, serial) >= 0) low = middle + 1
      else high = middle
    }
    const at = low - 1
    return at >= 0 && distance(this.#gaps[at].last, serial) <= 0 ? at : -1
  }
}

/** How many serials are missing in a gap. */
export function sizeOf({ first, last }: Gap): number {
  return distance(first, last) + 1
}

/** How far `to` is ahead of `from`, negative when behind: serials wrap at 2^32. */
export function distance(from: number, to: number): number {
  return (to - from) | 0
}

function next(serial: number): number {
  return (serial + 1) >>> 0
}

function before(serial: number): number {
  return (serial - 1) >>> 0
}
