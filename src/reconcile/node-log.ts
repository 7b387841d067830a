import { QUIET_MS } from '../model/limits.ts'
import type { Position } from '../model/place.ts'
import type { Gap } from './boot-gaps.ts'
import { HolePlaces } from './hole-places.ts'
import type { Hole } from './holes.ts'
import { isWithin, type Period } from './period.ts'
import { SerialGaps } from './serials.ts'
import { addEvent, createTally, type Tally } from './tally.ts'

/** What is known of a node besides its events. */
export interface NodeLogOptions extends Period {
  /** In the order of the stream. */
  readonly holes: readonly Hole[]
}

/** One node's events in the log. */
export class NodeLog {
  readonly node: string
  /** All of them. */
  readonly all: Tally = createTally()
  /** Not delivered, and before the first or after the last that was, or outside of the period. */
  readonly outside: Tally = createTally()
  /** Delivered and not in the log: before its first event, after its last, and between them. */
  readonly rotated: Tally = createTally()
  readonly later: Tally = createTally()
  readonly absent: Tally = createTally()
  /** Number of the event at hand. */
  at = 0
  readonly #options: NodeLogOptions
  readonly #gaps = new SerialGaps()
  /** Numbers of the first and the last that were delivered. */
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  /** Stamp of that last one; where the last line of any that was delivered begins in the log. */
  #lastTime = Number.NEGATIVE_INFINITY
  #lastEnd = Number.NEGATIVE_INFINITY
  /** Where holes lie between its events; null before one was delivered. */
  #places: HolePlaces | null = null

  constructor(node: string, options: NodeLogOptions) {
    this.node = node
    this.#options = options
  }

  /** Serials that are neither in the log nor among the delivered. */
  get gaps(): readonly Gap[] {
    return this.#gaps.all
  }

  /** How many serials those are. */
  get missingSerials(): number {
    return this.#gaps.missing
  }

  /** Takes an event, which begins at `place` in the log. */
  take(daemon: boolean, serial: number, time: number, records: number, place: number): void {
    addEvent(this.all, time, records, false)
    if (!daemon) this.#gaps.take(serial, time, place)
  }

  /**
   * The event at hand, stamped `time`, was delivered whole, by the stream itself: its first and its last line
   * begin at these places of the log. `position` is where it stands in the stream, null where not in one place.
   */
  pass(position: Position | null, time: number, first: number, last: number): void {
    this.#first = Math.min(this.#first, this.at)
    this.#last = this.at
    this.#lastTime = time
    this.#lastEnd = Math.max(this.#lastEnd, last)
    if (position === null) return
    this.#places ??= new HolePlaces(this.#options.holes)
    this.#places.pass(position, first)
  }

  /** Ends the passing. */
  finish(): void {
    this.#places?.finish()
  }

  /** Index of the hole in which something from one place of the log to another lies, or a part of it; -1 for none. */
  holeAt(first: number, last: number): number {
    return this.#places?.at(first, last) ?? -1
  }

  /** Whether it has delivered events on both sides of a hole. */
  isReached(hole: number): boolean {
    return this.#places?.isReached(hole) ?? false
  }

  /** Takes a delivered event that the log does not have. */
  unlogged(daemon: boolean, time: number, serial: number): void {
    if (time < this.all.first) addEvent(this.rotated, time, 0, false)
    else if (time > this.all.last) addEvent(this.later, time, 0, false)
    else {
      addEvent(this.absent, time, 0, false)
      if (!daemon) this.#gaps.fill(serial, time)
    }
  }

  /** Whether an event that was not delivered can be judged already to come before all that were. */
  isBefore(): boolean {
    return this.#first === Number.POSITIVE_INFINITY && this.#options.since === null
  }

  /** Whether event number `at` lies where events are held against each other, once all are known. */
  isJudged(at: number, time: number): boolean {
    return (
      isWithin(this.#options, time) &&
      (at > this.#first || this.#options.since !== null) &&
      (at < this.#last || this.#options.until !== null)
    )
  }

  /**
   * Whether an event that was not delivered may be on its way yet: events are delivered as they close, after
   * their last record or after QUIET_MS without one. Its last line begins at `last` in the log.
   */
  mayBeOpen(last: number, time: number): boolean {
    if (this.#options.until !== null) return false
    return last > this.#lastEnd || Math.abs(this.#lastTime - time) < QUIET_MS
  }
}
