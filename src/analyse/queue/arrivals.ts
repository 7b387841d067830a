/** Milliseconds of one window: what arrives in it counts as having arrived evenly. */
export const WINDOW_MS = 100

/** Windows that are remembered: two minutes. A stream that lags more has long lost what is lost. */
const WINDOWS = 1200
/** Of each its total, and that of the window before the oldest. */
const SLOTS: number = WINDOWS + 1

/** The arrivals in the checkpoint: `counts` are those of the last windows before `next`. */
export interface ArrivalsState {
  readonly next: number
  readonly counts: readonly number[]
}

/**
 * How many entries of the stream had arrived by when, for the last two minutes.
 *
 * ```
 *  entries                  ┌───
 *                     ┌─────┘
 *           ┌─────────┘
 *      ─────┴───────────────────► clock, in windows of WINDOW_MS
 *      first                next
 * ```
 */
export class Arrivals {
  /** Entries up to the end of each window, by its number modulo SLOTS. */
  readonly #totals = new Float64Array(SLOTS)
  /** First window known, and the first that is not closed; equal before the first. */
  #first = 0
  #next = 0

  constructor(state?: ArrivalsState) {
    const { next = 0, counts = [] } = state ?? {}
    for (const [i, count] of counts.entries()) this.close(next - counts.length + i, count)
  }

  /** Closes a window, later than all before, with what arrived in it. Between them nothing did. */
  close(window: number, entries: number): void {
    if (this.#first === this.#next || window - this.#next >= WINDOWS) {
      this.#first = this.#next = window
      this.#totals[slotOf(window - 1)] = 0
    }
    const before = this.#totals[slotOf(this.#next - 1)]
    for (; this.#next < window; this.#next++) this.#totals[slotOf(this.#next)] = before
    this.#totals[slotOf(window)] = before + entries
    this.#next = window + 1
    this.#first = Math.max(this.#first, this.#next - WINDOWS)
  }

  /** Entries that arrived between two clocks in ms; null where that is further back than is known. */
  between(from: number, to: number): number | null {
    if (from < this.#first * WINDOW_MS) return null
    return this.#by(to) - this.#by(from)
  }

  /** For the checkpoint. */
  state(): ArrivalsState {
    const counts: number[] = []
    for (let window = this.#first; window < this.#next; window++)
      counts.push(this.#totals[slotOf(window)] - this.#totals[slotOf(window - 1)])
    return { next: this.#next, counts }
  }

  /** Entries that had arrived by a clock. */
  #by(clock: number): number {
    const window = Math.min(Math.floor(clock / WINDOW_MS), this.#next - 1)
    const before = this.#totals[slotOf(window - 1)]
    const part = Math.min(1, clock / WINDOW_MS - window)
    return before + (this.#totals[slotOf(window)] - before) * part
  }
}

/** A clock in ms before the first window has none: windows count from 0. */
function slotOf(window: number): number {
  return (window + SLOTS) % SLOTS
}
