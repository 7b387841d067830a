/** Events in a row too late to count after which the clock was set back: time begins anew. */
export const SET_BACK_EVENTS = 1000

/**
 * Milliseconds of such events after which also those count whose serials are not new: a stall ends in a heap of old
 * ones, and a boot that nobody told of, with its clock behind, goes on.
 */
const BOOTED_MS = 10_000

/** A run in the checkpoint; `since` is null where there is none. */
export interface LateRunState {
  readonly events: number
  readonly since: number | null
}

/** Events in a row that are too late to count. Behind a clock that was set back serials go on rising. */
export class LateRun {
  #events: number
  /** The stream's clock when the first of them came. */
  #since: number | null

  constructor(state?: LateRunState) {
    this.#events = state?.events ?? 0
    this.#since = state?.since ?? null
  }

  /** One more comes at a clock, its serial newer than all before it or not; true when the clock was set back. */
  take(isNew: boolean, clock: number): boolean {
    this.#since ??= clock
    if (isNew || clock - this.#since >= BOOTED_MS) this.#events++
    return this.#events >= SET_BACK_EVENTS
  }

  /** One came in time. */
  end(): void {
    this.#events = 0
    this.#since = null
  }

  /** For the checkpoint. */
  state(): LateRunState {
    return { events: this.#events, since: this.#since }
  }
}
