import { placeAt } from './model/batch.ts'
import type { Position } from './model/place.ts'
import type { Decoded, DecodePool } from './pool/pool.ts'
import type { Slot } from './pool/slot.ts'

/**
 * Keeps a batch that ends the whole process from doing so for ever. Before the first batch of a
 * process is decoded it is noted, durably, that it is; once it is delivered the note goes. A batch that
 * finds itself noted has ended the process before: it is decoded in a worker, and after three ends not
 * at all.
 */

/** The batch that was under way when the process ended, and how often that was so. */
export interface Attempt {
  readonly at: Position
  readonly count: number
}

/** Processes a batch may end. */
const MOST_ENDS = 3

/** A pool whose first batch is guarded. */
export class Guard implements Pick<DecodePool, 'decode'> {
  readonly #pool: DecodePool
  readonly #last: Attempt | null
  readonly #note: (attempt: Attempt) => Promise<void>
  #first = true
  #attempt: Attempt | null

  /**
   * @param last what the process before this one noted, or null
   * @param note makes an attempt durable
   */
  constructor(pool: DecodePool, last: Attempt | null, note: (attempt: Attempt) => Promise<void>) {
    this.#pool = pool
    this.#last = last
    this.#attempt = last
    this.#note = note
  }

  /** What a checkpoint has to say of the batch that is under way. */
  get attempt(): Attempt | null {
    return this.#attempt
  }

  /** The first batch is delivered. */
  passed(): void {
    this.#attempt = null
  }

  decode(slot: Slot): Promise<readonly Decoded[]> {
    if (!this.#first) return this.#pool.decode(slot)
    this.#first = false
    return this.#decodeFirst(slot)
  }

  async #decodeFirst(slot: Slot): Promise<readonly Decoded[]> {
    const { batch } = slot
    const at = { epoch: batch.epoch, place: placeAt(batch, 0) }
    const known = this.#last?.at.epoch === at.epoch && this.#last.at.place === at.place
    const ends = known ? this.#last.count : 0
    this.#attempt = { at, count: ends + 1 }
    await this.#note(this.#attempt)
    if (ends >= MOST_ENDS) {
      this.#pool.quarantine(slot)
      return [slot]
    }
    if (ends > 0 && this.#pool.workers === 0) await this.#pool.resize(1)
    return this.#pool.decode(slot)
  }
}
