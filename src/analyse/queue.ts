import { Close, type Events } from '../model/result.ts'
import { Arrivals, type ArrivalsState, WINDOW_MS } from './arrivals.ts'
import { Drain, type DrainState } from './drain.ts'
import { Lag, type LagState } from './lag.ts'

/** Milliseconds by which the wall clock must have moved against the stream's to have been set. */
const SET_MS = 100

/** The queue in the checkpoint. */
export interface QueueState {
  readonly wall: number | null
  readonly window: number
  readonly entries: number
  readonly arrivals: ArrivalsState
  readonly lag: LagState
  readonly drain: DrainState
}

/**
 * The way of entries from the kernel to the shim, as its end shows it. All of it is queues:
 *
 * ```
 *  system call ─► kernel's queue ─► auditd's socket ─► auditd's queue for plugins ─► plugin's socket ─► shim
 *       ▲                                                                                              ▲
 *     stamp                                 lag                                                  arrival
 * ```
 *
 * What arrived between a stamp and its arrival was on the way before it: that many entries the queues
 * held when it was stamped, without asking any of them.
 */
export class Queue {
  /** What added to a clock gives ms since the epoch; null where the stream does not say. */
  #wall: number | null
  /** The window that is open, -1 before the first, and its entries. */
  #window: number
  #entries: number
  #arrivals: Arrivals
  #lag: Lag
  readonly #drain: Drain

  constructor(state?: QueueState) {
    this.#wall = state?.wall ?? null
    this.#window = state?.window ?? -1
    this.#entries = state?.entries ?? 0
    this.#arrivals = new Arrivals(state?.arrivals)
    this.#lag = new Lag(state?.lag)
    this.#drain = new Drain(state?.drain)
  }

  /** Entries a second that the stream can be drained at; null while that was not to be seen. */
  get drain(): number | null {
    return this.#drain.rate
  }

  /** What follows has clocks of another writer: nothing of before compares. */
  begin(): void {
    this.#wall = null
    this.#window = -1
    this.#entries = 0
    this.#arrivals = new Arrivals()
    this.#lag = new Lag()
  }

  /** By how much the epoch's time is ahead of the clock, NaN where unknown. It varies by rounding. */
  setWall(wall: number): void {
    if (Number.isNaN(wall)) return
    if (this.#wall === null || Math.abs(wall - this.#wall) > SET_MS) this.#wall = wall
  }

  /** Takes the event of a row, which closed at a clock. */
  take(clock: number, events: Events, row: number): void {
    if (this.#wall === null) return
    this.#entries += events.records[row] + events.eoe[row]
    const close = events.close[row]
    // Others close after their last line came; what auditd says of itself came through no queue of the kernel.
    const isPrompt = (close === Close.Eoe || close === Close.Last) && events.daemon[row] === 0
    if (isPrompt)
      this.#lag.take(clock, clock + this.#wall - events.sec[row] * 1000 - events.ms[row])
  }

  /** The clock is at `clock` now. */
  reach(clock: number): void {
    const window = Math.floor(clock / WINDOW_MS)
    if (window <= this.#window || this.#wall === null) return
    if (this.#window >= 0) this.#close()
    this.#window = window
  }

  /** For the checkpoint. */
  state(): QueueState {
    return {
      wall: this.#wall,
      window: this.#window,
      entries: this.#entries,
      arrivals: this.#arrivals.state(),
      lag: this.#lag.state(),
      drain: this.#drain.state(),
    }
  }

  #close(): void {
    this.#arrivals.close(this.#window, this.#entries)
    this.#entries = 0
    const lagging = this.#lag.close()
    if (lagging === null) return
    const { at, lag } = lagging
    const arrived = (from: number, to: number): number | null => this.#arrivals.between(from, to)
    this.#drain.take(at, lag, arrived(at - lag, at), arrived)
  }
}
