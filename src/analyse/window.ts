import { Floods } from './floods.ts'
import type { Gaps } from './gaps.ts'
import { higher, Interval, lower, NO_SERIAL, type SecondFigures } from './interval.ts'
import { Keys, type KeyTally, TOTAL } from './keys.ts'
import type { Output } from './messages.ts'
import { Sums } from './sums.ts'
import type { WindowState } from './window-state.ts'

/** Seconds that an event may come behind the newest stamp and still count in its own second. */
export const LATENESS_S = 10

/**
 * Milliseconds after its end, by the newest stamp, at which a second is judged for floods: what several
 * CPUs made in it is there by then, and a warning that waits for slow system calls comes after the loss.
 */
const JUDGED_BEHIND_MS = 200

/** Events in a row too late to count after which the clock was set back: time begins anew. */
export const SET_BACK_EVENTS = 1000

const SLOTS = 16 // Open seconds: more than LATENESS_S, a power of two.

/**
 * The rates of one node by stamp second.
 *
 * ```
 *   interval, summed up    open seconds
 *  │ ··················· │ s │ s │ s │ … │ s │ s │ newest stamp
 *                 closed ▲           judged  ▲
 * ```
 *
 * Time is the newest stamp, so a stream that lags is not early or late; only a tick, which says that
 * nothing came, moves it on by the clock. A second LATENESS_S behind is closed and goes into its
 * interval. What comes for it later counts as late, in the second of its coming.
 */
export class Window {
  readonly node: string
  /** The stream's clock when the last record came that the kernel makes by itself, -1 before any did. */
  kernelHeard: number
  readonly #keys: Keys
  readonly #floods: Floods
  readonly #interval: Interval
  readonly #slots: Sums[] = Array.from({ length: SLOTS }, () => new Sums())
  readonly #rejected = new Float64Array(SLOTS)
  readonly #incomplete = new Float64Array(SLOTS)
  readonly #firstSerial = new Float64Array(SLOTS).fill(NO_SERIAL)
  readonly #lastSerial = new Float64Array(SLOTS).fill(NO_SERIAL)
  readonly #used = new Uint8Array(SLOTS)
  /** Newest stamp in ms, NaN before time begins, and the stream's clock when it came. */
  #newest: number
  #anchor: number
  /** Newest stamp at which there is something to do. */
  #wake = 0
  /** Last second that holds something. */
  #last: number
  /** First open second; first second not judged. */
  #closed: number
  #judged: number
  #lateRun: number
  /** Rows of the key lists of the present run. */
  #rowsOfSets: (Uint32Array | undefined)[] = []
  #run = 0

  constructor(node: string, seconds: number, output: Output, state?: WindowState) {
    this.node = node
    this.kernelHeard = state?.kernelHeard ?? -1
    this.#keys = new Keys(state?.keys)
    this.#floods = new Floods(this.#keys, node, output, state?.floods)
    this.#interval = new Interval(node, this.#keys, seconds, output, state?.interval)
    this.#newest = state?.newest ?? Number.NaN
    this.#anchor = state?.anchor ?? 0
    this.#last = state?.last ?? 0
    this.#closed = state?.closed ?? 0
    this.#judged = state?.judged ?? 0
    this.#lateRun = state?.lateRun ?? 0
    for (const { second, sums, ...figures } of state?.seconds ?? []) {
      const slot = slotOf(second)
      this.#slots[slot] = Sums.from(sums)
      this.#rejected[slot] = figures.rejected
      this.#incomplete[slot] = figures.incomplete
      this.#firstSerial[slot] = figures.first
      this.#lastSerial[slot] = figures.last
      this.#used[slot] = 1
    }
    this.#reserve()
  }

  /** The stream's clock when the newest stamp came. */
  get heard(): number {
    return this.#anchor
  }

  /** Newest stamp in ms since the epoch, NaN before time begins. */
  get newest(): number {
    return this.#newest
  }

  /** An event came since the start or the last `finish`. */
  get started(): boolean {
    return !Number.isNaN(this.#newest)
  }

  /** What its serials say of what is missing. */
  get gaps(): Gaps {
    return this.#interval.gaps
  }

  /** Events and entries of each key in a second, by its row of sums; null once it is closed. */
  tallyOf(second: number): readonly KeyTally[] | null {
    const isOpen = second >= this.#closed && this.#used[slotOf(second)] === 1
    return isOpen ? this.#keys.tally(this.#slots[slotOf(second)]) : null
  }

  /** The rows, for `take`, of key list `set` among those of a run of events. */
  rowsOf(keySets: readonly string[], set: number, run: number): Uint32Array {
    if (run !== this.#run) {
      this.#run = run
      this.#rowsOfSets = []
    }
    return (this.#rowsOfSets[set] ??= this.#look(keySets[set]))
  }

  /**
   * Takes one event; `clock` is the stream's clock when it closed, `serial` NO_SERIAL where it has none
   * of the kernel's, `complete` 0 where its end was not seen.
   */
  take(
    second: number,
    ms: number,
    serial: number,
    clock: number,
    rows: Uint32Array,
    records: number,
    eoe: number,
    bytes: number,
    complete: number,
  ): void {
    const stamp = second * 1000 + ms
    if (!(stamp <= this.#newest)) {
      if (!this.started) this.#begin(second)
      this.#newest = stamp
      this.#anchor = clock
      if (stamp >= this.#wake) this.#reach(stamp)
    }
    if (second < this.#closed) {
      if (++this.#lateRun < SET_BACK_EVENTS) {
        if (serial !== NO_SERIAL) this.gaps.take(serial, stamp, this.#now)
        this.#late(rows, records, records + eoe, complete)
        return
      }
      this.finish()
      this.take(second, ms, serial, clock, rows, records, eoe, bytes, complete)
      return
    }
    this.#lateRun = 0
    const sums = this.#open(second)
    if (serial !== NO_SERIAL) {
      const slot = slotOf(second)
      this.gaps.take(serial, stamp, second)
      this.#firstSerial[slot] = lower(this.#firstSerial[slot], serial)
      this.#lastSerial[slot] = higher(this.#lastSerial[slot], serial)
    }
    if (complete === 0) this.#incomplete[slotOf(second)]++
    sums.add(TOTAL, records, records + eoe, bytes)
    for (let i = 0; i < rows.length; i++) sums.add(rows[i], records, records + eoe, bytes)
  }

  /** Counts rejects, which have no stamp, in the newest second. Time has begun. */
  reject(count: number): void {
    const second = this.#now
    this.#open(second)
    this.#rejected[slotOf(second)] += count
  }

  /** Nothing came from the node up to this clock: time moves on by what passed since its newest stamp. */
  tick(clock: number): void {
    if (!this.started) return
    this.#reach(this.#newest + Math.max(0, clock - this.#anchor))
  }

  /** The node has booted: its serials begin anew, as its time does. */
  reboot(): void {
    this.gaps.reset()
    this.finish()
  }

  /** Time ends: all that is held goes out. It may begin anew. */
  finish(): void {
    this.#judge(this.#last + 1)
    this.#close(this.#last + 1)
    this.#floods.finish()
    this.#interval.finish()
    this.#newest = Number.NaN
    this.#lateRun = 0
  }

  /** For the checkpoint. */
  state(): WindowState {
    const seconds: WindowState['seconds'][number][] = []
    for (let second = this.#closed; second <= this.#last; second++) {
      const slot = slotOf(second)
      if (this.#used[slot] === 1)
        seconds.push({ second, ...this.#figures(slot), sums: this.#slots[slot].state() })
    }
    return {
      node: this.node,
      keys: this.#keys.names,
      newest: this.started ? this.#newest : null,
      anchor: this.#anchor,
      kernelHeard: this.kernelHeard,
      last: this.#last,
      closed: this.#closed,
      judged: this.#judged,
      lateRun: this.#lateRun,
      seconds,
      interval: this.#interval.state(),
      floods: this.#floods.state(),
    }
  }

  /** The second that what has no place of its own is counted in. */
  get #now(): number {
    return Math.max(this.#closed, Math.floor(this.#newest / 1000))
  }

  #look(keySet: string): Uint32Array {
    const rows = this.#keys.rowsOf(keySet)
    this.#reserve()
    return rows
  }

  #begin(second: number): void {
    this.#closed = this.#judged = this.#last = second - LATENESS_S
    this.#wake = 0
    this.#interval.begin(this.#closed)
  }

  #open(second: number): Sums {
    this.#used[slotOf(second)] = 1
    if (second > this.#last) this.#last = second
    return this.#slots[slotOf(second)]
  }

  #late(rows: Uint32Array, records: number, entries: number, complete: number): void {
    const sums = this.#open(this.#now)
    if (complete === 0) this.#incomplete[slotOf(this.#now)]++
    sums.addLate(TOTAL, records, entries)
    for (const row of rows) sums.addLate(row, records, entries)
  }

  /** Time is at `now`, in ms: judges and closes what lies far enough behind. */
  #reach(now: number): void {
    const closed = Math.floor(now / 1000) - LATENESS_S
    this.#judge(Math.max(Math.floor((this.#newest - JUDGED_BEHIND_MS) / 1000), closed))
    this.#close(closed)
    const judgedAt = 1000 * (this.#judged + 1) + JUDGED_BEHIND_MS
    this.#wake = Math.min(judgedAt, 1000 * (this.#closed + 1 + LATENESS_S))
  }

  /** Judges the seconds before `end` for floods. */
  #judge(end: number): void {
    for (; this.#judged < end && this.#judged <= this.#last; this.#judged++) {
      const slot = slotOf(this.#judged)
      if (this.#used[slot] === 1) this.#floods.second(this.#judged, this.#slots[slot])
      else this.#floods.quiet(this.#judged, 1)
    }
    if (this.#judged < end) this.#floods.quiet(this.#judged, end - this.#judged)
    this.#judged = Math.max(this.#judged, end)
  }

  /** Closes the seconds before `end`. */
  #close(end: number): void {
    for (; this.#closed < end && this.#closed <= this.#last; this.#closed++) {
      const slot = slotOf(this.#closed)
      this.#interval.reach(this.#closed)
      if (this.#used[slot] === 0) continue
      this.#interval.add(this.#closed, this.#slots[slot], this.#figures(slot))
      this.#slots[slot].clear()
      this.#rejected[slot] = this.#incomplete[slot] = 0
      this.#firstSerial[slot] = this.#lastSerial[slot] = NO_SERIAL
      this.#used[slot] = 0
    }
    this.#closed = Math.max(this.#closed, end)
    this.#interval.reach(this.#closed)
  }

  #figures(slot: number): SecondFigures {
    return {
      rejected: this.#rejected[slot],
      incomplete: this.#incomplete[slot],
      first: this.#firstSerial[slot],
      last: this.#lastSerial[slot],
    }
  }

  #reserve(): void {
    for (const slot of this.#slots) slot.reserve(this.#keys.count)
  }
}

function slotOf(second: number): number {
  return second & (SLOTS - 1)
}
