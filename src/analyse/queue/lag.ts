/** The lag of the stream in the checkpoint; `lag` is null while there is none. */
export interface LagState {
  readonly at: number
  readonly lag: number | null
  readonly least: number | null
  readonly leastAt: number
}

/** How far the stream was behind at one arrival. Clocks and times in ms of the stream's clock. */
export interface Lagging {
  /** When an event arrived that had waited in nothing but queues. */
  readonly at: number
  /** How long it had. */
  readonly lag: number
}

/**
 * How long the queues before the stream's end take.
 *
 * A stamp is the time at which a system call began, so that a call which took three seconds looks three
 * seconds late in empty queues. Two things keep that out. Of the events that arrive in a window only the
 * one with the smallest lag counts. And queues are first in, first out: who arrives later by `d` was
 * enqueued later, so that it waited at most `d` longer than the one before.
 */
export class Lag {
  #at: number
  #lag: number | null
  /** The smallest lag of the present window, and when that arrived. */
  #least: number
  #leastAt: number

  constructor(state?: LagState) {
    this.#at = state?.at ?? 0
    this.#lag = state?.lag ?? null
    this.#least = state?.least ?? Number.POSITIVE_INFINITY
    this.#leastAt = state?.leastAt ?? 0
  }

  /** Takes an event that arrived at a clock, and by how much that lies behind its stamp. */
  take(clock: number, lag: number): void {
    if (lag >= this.#least) return
    this.#least = lag
    this.#leastAt = clock
  }

  /** Closes the window; null where nothing arrived that tells. */
  close(): Lagging | null {
    if (this.#least === Number.POSITIVE_INFINITY) return null
    const most = this.#lag === null ? this.#least : this.#lag + this.#leastAt - this.#at
    this.#lag = Math.max(0, Math.min(this.#least, most))
    this.#at = this.#leastAt
    this.#least = Number.POSITIVE_INFINITY
    return { at: this.#at, lag: this.#lag }
  }

  /** For the checkpoint. */
  state(): LagState {
    const isOpen = this.#least !== Number.POSITIVE_INFINITY
    return {
      at: this.#at,
      lag: this.#lag,
      least: isOpen ? this.#least : null,
      leastAt: this.#leastAt,
    }
  }
}
