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
 * A gap that is still there when its second is told is missing. In order, which is nearly always, an
 * event costs a comparison.
 */

/** Gaps open at a time; when there are more, the oldest quarter is missing at once. */
const MAX_GAPS = 4096

/**
 * Events in a row that are behind the newest serial, fill no gap, and are younger by RESET_S: the node
 * has booted and counts from 1. Copies of old events are as old as those.
 */
const RESET_EVENTS = 16
const RESET_S = 10

/** The serials in the checkpoint. */
export interface SerialsState {
  readonly newest: number | null
  readonly second: number
  readonly behind: number
  readonly settled: number
  /** Of each gap its first and last serial and its second. */
  readonly gaps: readonly number[]
}

/** Follows the serials of one node. */
export class Serials {
  #newest: number | null
  /** Stamp second of the newest serial. */
  #second: number
  /** Events in a row that look like another boot. */
  #behind: number
  /** Serials that are missing for good and not told yet. */
  #settled: number
  readonly #firsts: number[] = []
  readonly #lasts: number[] = []
  readonly #seconds: number[] = []

  constructor(state?: SerialsState) {
    this.#newest = state?.newest ?? null
    this.#second = state?.second ?? 0
    this.#behind = state?.behind ?? 0
    this.#settled = state?.settled ?? 0
    const gaps = state?.gaps ?? []
    for (let i = 0; i < gaps.length; i += 3) this.#open(gaps[i], gaps[i + 1], gaps[i + 2])
  }

  /** Takes the serial of an event with this stamp second. */
  take(serial: number, second: number): void {
    if (this.#newest === null) {
      this.#newest = serial
      this.#second = second
      return
    }
    const ahead = distance(this.#newest, serial)
    if (ahead > 0) {
      if (ahead > 1) this.#open(next(this.#newest), before(serial), second)
      this.#newest = serial
      this.#second = second
      this.#behind = 0
      return
    }
    if (ahead === 0) return
    if (this.#fill(serial) || second < this.#second + RESET_S) {
      this.#behind = 0
      return
    }
    if (++this.#behind < RESET_EVENTS) return
    this.reset()
    this.take(serial, second)
  }

  /** Gives how many serials are missing in gaps that showed before `second`; those are done with. */
  settle(second: number): number {
    for (let i = this.#firsts.length - 1; i >= 0; i--)
      if (this.#seconds[i] < second) this.#settleGap(i)
    const missing = this.#settled
    this.#settled = 0
    return missing
  }

  /** The node counts from the beginning: what is open is missing. */
  reset(): void {
    for (let i = this.#firsts.length - 1; i >= 0; i--) this.#settleGap(i)
    this.#newest = null
    this.#behind = 0
  }

  /** For the checkpoint. */
  state(): SerialsState {
    return {
      newest: this.#newest,
      second: this.#second,
      behind: this.#behind,
      settled: this.#settled,
      gaps: this.#firsts.flatMap((first, i) => [first, this.#lasts[i], this.#seconds[i]]),
    }
  }

  #open(first: number, last: number, second: number): void {
    if (this.#firsts.length >= MAX_GAPS) this.#settleOldest()
    this.#firsts.push(first)
    this.#lasts.push(last)
    this.#seconds.push(second)
  }

  #settleOldest(): void {
    for (let i = 0; i < MAX_GAPS / 4; i++) this.#settled += this.#size(i)
    this.#remove(0, MAX_GAPS / 4)
  }

  #settleGap(i: number): void {
    this.#settled += this.#size(i)
    this.#remove(i, 1)
  }

  #size(i: number): number {
    return distance(this.#firsts[i], this.#lasts[i]) + 1
  }

  #remove(i: number, count: number): void {
    for (const column of [this.#firsts, this.#lasts, this.#seconds]) column.splice(i, count)
  }

  /** Takes a serial out of its gap; false where it is in none. */
  #fill(serial: number): boolean {
    const i = this.#find(serial)
    if (i < 0 || distance(this.#lasts[i], serial) > 0) return false
    const first = this.#firsts[i]
    const last = this.#lasts[i]
    if (first === last) this.#remove(i, 1)
    else if (serial === first) this.#firsts[i] = next(first)
    else if (serial === last) this.#lasts[i] = before(last)
    else this.#split(i, serial)
    return true
  }

  #split(i: number, serial: number): void {
    this.#firsts.splice(i + 1, 0, next(serial))
    this.#lasts.splice(i, 0, before(serial))
    this.#seconds.splice(i, 0, this.#seconds[i])
    if (this.#firsts.length > MAX_GAPS) this.#settleOldest()
  }

  /** The last gap that begins at or before a serial, or -1. */
  #find(serial: number): number {
    let low = 0
    let high = this.#firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (distance(this.#firsts[middle], serial) >= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }
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
