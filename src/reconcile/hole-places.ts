import { comparePositions, type Position } from '../model/place.ts'
import type { Hole } from './holes.ts'

/**
 * Where holes of the stream lie in the log: auditd writes the log in the order in which it feeds the
 * stream, so that a hole is between the last delivered event that begins before it and the first that
 * begins after it.
 *
 * ```
 *  stream   a b c ░░hole░░ h i            b, c began before it, h after
 *  log      a b c d e f g h i             d to g lie in it
 * ```
 */
export class HolePlaces {
  readonly #holes: readonly Hole[]
  /** Of each hole: where the last event before it and the first after it begin in the log. */
  readonly #lower: Float64Array
  readonly #upper: Float64Array

  /** `holes` in the order of the stream. */
  constructor(holes: readonly Hole[]) {
    this.#holes = holes
    this.#lower = new Float64Array(holes.length).fill(Number.NEGATIVE_INFINITY)
    this.#upper = new Float64Array(holes.length).fill(Number.POSITIVE_INFINITY)
  }

  /** A whole delivered event stands at `position` in the stream and at `place` in the log. */
  pass(position: Position, place: number): void {
    const after = this.#firstAfter(position)
    if (after < this.#holes.length && place > this.#lower[after]) this.#lower[after] = place
    if (after > 0 && place < this.#upper[after - 1]) this.#upper[after - 1] = place
  }

  /** Ends the passing: what bounds one hole bounds those beside it too. */
  finish(): void {
    for (let i = 1; i < this.#holes.length; i++)
      this.#lower[i] = Math.max(this.#lower[i], this.#lower[i - 1])
    for (let i = this.#holes.length - 2; i >= 0; i--)
      this.#upper[i] = Math.min(this.#upper[i], this.#upper[i + 1])
  }

  /** Index of the hole that an event of the log lies in, or a part of it; -1 where in none. */
  at(first: number, last: number): number {
    let low = 0
    let high = this.#holes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#upper[middle] < first) low = middle + 1
      else high = middle
    }
    return low < this.#holes.length && this.#lower[low] <= last ? low : -1
  }

  /** Whether the log has delivered events on both sides of a hole. */
  isReached(hole: number): boolean {
    return Number.isFinite(this.#lower[hole]) && Number.isFinite(this.#upper[hole])
  }

  /** Index of the first hole that begins after a position. */
  #firstAfter(position: Position): number {
    let low = 0
    let high = this.#holes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (comparePositions(this.#holes[middle].from, position) > 0) high = middle
      else low = middle + 1
    }
    return low
  }
}
