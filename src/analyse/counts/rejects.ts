import type { Block } from '../../model/delivery.ts'
import type { Rejects } from '../../model/result.ts'
import { ClockReader } from './clock.ts'

/** The rejects of a block, in stream order. */
export class RejectReader {
  readonly #rejects: Rejects
  readonly #clocks: ClockReader
  #row: number

  constructor(block: Block) {
    this.#rejects = block.result.rejects
    this.#clocks = new ClockReader(block.batch)
    this.#row = block.rejectsFrom
  }

  /** Passes the rejects whose clock is before the given one and gives their number. */
  before(clock: number): number {
    const from = this.#row
    const { count, start } = this.#rejects
    while (this.#row < count && this.#clocks.at(start[this.#row]) < clock) this.#row++
    return this.#row - from
  }
}
