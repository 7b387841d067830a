import type { Run } from '../model/delivery.ts'
import { placeOfClosing } from './counts/clock.ts'

/** Where the stream is while it is taken, for those who ask now and then. */
export class Head {
  /** It is at the closing of a row of a run or, without one, at `#place`. */
  #run: Run | null = null
  #row = 0
  #place = 0

  /** The place in its epoch; infinity for the end of the block. */
  get place(): number {
    const run = this.#run
    if (run === null) return this.#place
    return placeOfClosing(run.batch, run.result, this.#row, Number.POSITIVE_INFINITY)
  }

  /** It is at a mark, or at an end. */
  reach(place: number): void {
    this.#run = null
    this.#place = place
  }

  /** It is where an event closed. */
  pass(run: Run, row: number): void {
    this.#run = run
    this.#row = row
  }
}
