import { isWithin, type Period } from './period.ts'
import { type Gap, SerialGaps } from './serials.ts'
import { addEvent, createTally, type Tally } from './tally.ts'

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
  readonly #period: Period
  readonly #gaps = new SerialGaps()
  /** Numbers of the first and the last that were delivered. */
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(node: string, period: Period) {
    this.node = node
    this.#period = period
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

  /** The event at hand was delivered whole, by the stream itself. */
  pass(): void {
    this.#first = Math.min(this.#first, this.at)
    this.#last = this.at
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
    return this.#first === Number.POSITIVE_INFINITY && this.#period.since === null
  }

  /** Whether event number `at` lies where events are held against each other, once all are known. */
  isJudged(at: number, time: number): boolean {
    return (
      isWithin(this.#period, time) &&
      (at > this.#first || this.#period.since !== null) &&
      (at < this.#last || this.#period.until !== null)
    )
  }
}
