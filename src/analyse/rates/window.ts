import type { Message, Run } from '../../model/delivery.ts'
import { Keys, TOTAL } from '../counts/keys.ts'
import { Minute } from '../counts/minute.ts'
import { Sum } from '../counts/sums.ts'
import { Floods } from '../floods/floods.ts'
import { Torn } from '../losses/torn.ts'
import { Hitters } from '../origins/hitters.ts'
import { Origins } from '../origins/origins.ts'
import type { Gaps } from '../stream/gaps.ts'
import type { Output } from '../stream/output.ts'
import { History } from './history.ts'
import { higher, Interval, lower } from './interval.ts'
import { LateRun } from './late-run.ts'
import { Recent } from './recent.ts'
import { Second, type SecondState } from './second.ts'
import type { WindowState } from './window-state.ts'

/** Seconds that an event may come behind the newest stamp and still count in its own second. */
export const LATENESS_S = 10

/**
 * Milliseconds after its end, by the newest stamp, at which a second is judged for floods: what several
 * CPUs made in it is there by then, and a warning that waits for slow system calls comes after the loss.
 */
export const JUDGED_BEHIND_MS = 200

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
  /** What it made in its last seconds, once time has begun. */
  readonly recent: Recent
  /** What its events lack that came without their end. */
  readonly torn: Torn
  readonly #keys: Keys
  readonly #floods: Floods
  readonly #interval: Interval
  readonly #origins: Origins
  readonly #history: History
  readonly #minute: Minute
  readonly #slots: readonly Second[] = Array.from({ length: SLOTS }, () => new Second())
  readonly #output: Output
  /** Who makes events is looked for. */
  readonly #attributes: boolean
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
  readonly #lateRun: LateRun

  /** `attributes`: who makes events is looked for. */
  constructor(
    node: string,
    seconds: number,
    output: Output,
    attributes: boolean,
    state?: WindowState,
  ) {
    this.node = node
    this.kernelHeard = state?.kernelHeard ?? -1
    this.torn = new Torn(state?.torn)
    this.#output = output
    this.#attributes = attributes
    this.#keys = new Keys(state?.keys)
    const floods = {
      emitAlert: (alert: Message) => output.emitAlert(alert),
      drain: () => output.drain(),
      culprits: (row: number, from: number, to: number) => this.recent.culprits(row, from, to),
    }
    this.#floods = new Floods(this.#keys, node, floods, state?.floods)
    this.#interval = new Interval(node, this.#keys, seconds, output, state?.interval)
    this.#newest = state?.newest ?? Number.NaN
    this.#anchor = state?.anchor ?? 0
    this.#last = state?.last ?? 0
    this.#closed = state?.closed ?? 0
    this.#judged = state?.judged ?? 0
    this.#lateRun = new LateRun(state?.lateRun)
    this.#origins = new Origins(state?.origins)
    this.#history = new History(state?.history)
    this.#minute = new Minute(state?.minute)
    this.recent = new Recent(this.#keys, this.#history, this.#minute, this.#origins, () => ({
      closed: this.#closed,
      judged: this.#judged,
      slot: (second) => this.#slot(second),
    }))
    for (const second of state?.seconds ?? []) this.#slot(second.second).load(second)
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

  /**
   * Takes an event of run number `runs`; `clock` is the stream's clock when it closed. Gives the entries that it stands
   * for among those whose maker was found, 0 where that was not done.
   */
  take(run: Run, runs: number, event: number, clock: number): number {
    const { sec, ms, serial, daemon, keySet, records, eoe, bytes, close, complete } =
      run.result.events
    const second = sec[event]
    const stamp = second * 1000 + ms[event]
    if (!(stamp <= this.#newest)) {
      if (!this.started) this.#begin(second)
      this.#newest = stamp
      this.#anchor = clock
      if (stamp >= this.#wake) this.#reach(stamp, clock)
    }
    const hasSerial = daemon[event] === 0
    const rows = this.#keys.rowsIn(run.result.keySets, keySet[event], runs)
    const entries = records[event] + eoe[event]
    if (second < this.#closed) {
      const isNew = !hasSerial || this.gaps.isAhead(serial[event])
      if (!this.#lateRun.take(isNew, clock)) {
        if (hasSerial) this.gaps.take(serial[event], stamp, this.#now, clock)
        this.#late(rows, records[event], entries, complete[event])
        if (this.#attributes) this.#output.findMaker(run, event)
        return this.#attributes ? entries : 0
      }
      if (!isNew) this.gaps.reset()
      this.finish()
      return this.take(run, runs, event, clock)
    }
    this.#lateRun.end()
    if (run.result.keySets[keySet[event]] !== '') this.torn.take(eoe[event], close[event])
    const slot = this.#open(second)
    if (hasSerial) {
      this.gaps.take(serial[event], stamp, second, clock)
      slot.first = lower(slot.first, serial[event])
      slot.last = higher(slot.last, serial[event])
    }
    if (complete[event] === 0) slot.incomplete++
    slot.sums.add(TOTAL, records[event], entries, bytes[event])
    for (let i = 0; i < rows.length; i++)
      slot.sums.add(rows[i], records[event], entries, bytes[event])
    if (!this.#attributes) return 0
    const nth = slot.sums.get(rows[0], Sum.Events)
    const stands = slot.sample.take(second, rows[0], nth, slot.sums.get(TOTAL, Sum.Events), entries)
    if (stands === 0) return 0
    this.#output.findMaker(run, event)
    if (second >= this.#judged) {
      slot.hitters ??= new Hitters()
      slot.hitters.add(run, runs, event, rows, stands, entries)
    }
    return stands
  }

  /** Counts rejects, which have no stamp, in the newest second. Time has begun. */
  reject(count: number): void {
    this.#open(this.#now).rejected += count
  }

  /**
   * Nothing came from the node up to this clock: time moves on by what passed since its newest stamp. What closes
   * after the clock `before` is still to come.
   */
  tick(clock: number, before: number): void {
    if (!this.started) return
    this.#reach(this.#newest + Math.max(0, clock - this.#anchor), before)
  }

  /** The node has booted: its serials begin anew, as its time does. */
  reboot(): void {
    this.gaps.reset()
    this.finish(true)
  }

  /** Time ends: all that is held goes out. It may begin anew, with a boot where one is known of. */
  finish(booted = false): void {
    this.#judge(this.#last + 1)
    this.#close(this.#last + 1, Number.POSITIVE_INFINITY)
    this.#floods.finish(booted)
    this.#interval.finish()
    this.#newest = Number.NaN
    this.#lateRun.end()
  }

  /** For the checkpoint. */
  state(): WindowState {
    const seconds: SecondState[] = []
    for (let second = this.#closed; second <= this.#last; second++) {
      const slot = this.#slot(second)
      if (slot.isUsed) seconds.push(slot.state(second))
    }
    return {
      node: this.node,
      keys: this.#keys.names,
      newest: this.started ? this.#newest : null,
      anchor: this.#anchor,
      kernelHeard: this.kernelHeard,
      torn: this.torn.state(),
      last: this.#last,
      closed: this.#closed,
      judged: this.#judged,
      lateRun: this.#lateRun.state(),
      seconds,
      interval: this.#interval.state(),
      floods: this.#floods.state(),
      origins: this.#origins.state(),
      history: this.#history.state(),
      minute: this.#minute.state(),
    }
  }

  /** The second that what has no place of its own is counted in. */
  get #now(): number {
    return Math.max(this.#closed, Math.floor(this.#newest / 1000))
  }

  #begin(second: number): void {
    this.#closed = this.#judged = this.#last = second - LATENESS_S
    this.#wake = 0
    this.#interval.begin(this.#closed)
    this.#history.begin(second)
    this.#minute.clear()
  }

  #open(second: number): Second {
    const slot = this.#slot(second)
    slot.isUsed = true
    slot.sums.reserve(this.#keys.count)
    if (second > this.#last) this.#last = second
    return slot
  }

  #late(rows: Uint32Array, records: number, entries: number, complete: number): void {
    const slot = this.#open(this.#now)
    if (complete === 0) slot.incomplete++
    slot.sums.addLate(TOTAL, records, entries)
    for (const row of rows) slot.sums.addLate(row, records, entries)
  }

  /** Time is at `now`, in ms; all has come that closes before `clock`: judges and closes what lies far enough behind. */
  #reach(now: number, clock: number): void {
    const closed = Math.floor(now / 1000) - LATENESS_S
    this.#judge(Math.max(Math.floor((this.#newest - JUDGED_BEHIND_MS) / 1000), closed))
    this.#close(closed, clock)
    const judgedAt = 1000 * (this.#judged + 1) + JUDGED_BEHIND_MS
    this.#wake = Math.min(judgedAt, 1000 * (this.#closed + 1 + LATENESS_S))
  }

  /** Judges the seconds before `end` for floods. */
  #judge(end: number): void {
    for (; this.#judged < end && this.#judged <= this.#last; this.#judged++) {
      const slot = this.#slot(this.#judged)
      if (slot.isUsed) this.#floods.second(this.#judged, slot.sums)
      else this.#floods.quiet(this.#judged, 1)
      slot.hitters?.seal()
      slot.sample.clear()
    }
    if (this.#judged < end) this.#floods.quiet(this.#judged, end - this.#judged)
    this.#judged = Math.max(this.#judged, end)
  }

  /** Closes the seconds before `end`. */
  #close(end: number, clock: number): void {
    for (; this.#closed < end && this.#closed <= this.#last; this.#closed++) {
      const slot = this.#slot(this.#closed)
      this.#interval.reach(this.#closed, clock)
      if (!slot.isUsed) continue
      this.#interval.add(this.#closed, slot)
      this.#history.add(this.#closed, slot.sums, this.#keys.count)
      if (this.#attributes) this.#minute.add(this.#closed, slot.sums, this.#keys.count)
      if (slot.hitters !== null) this.#origins.add(this.#closed, slot.hitters)
      slot.clear()
    }
    this.#closed = Math.max(this.#closed, end)
    this.#interval.reach(this.#closed, clock)
  }

  #slot(second: number): Second {
    return this.#slots[second & (SLOTS - 1)]
  }
}
