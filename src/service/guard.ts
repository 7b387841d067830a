import { placeAt } from '../model/batch.ts'
import type { Decoded, DecodePool } from '../pool/pool.ts'
import type { Slot } from '../pool/slot.ts'
import type { Attempt } from '../spool/checkpoint.ts'

/**
 * Keeps a batch that ends the whole process from doing so for ever. Before the first batch of a
 * process is decoded it is noted, durably, that it is; once it is delivered the note goes. A batch that
 * finds itself noted may have ended the process before: it is decoded in a worker, which contains what
 * decoding can do, down to the record, and the end is counted only if what comes after is its cause.
 * After many of those the batch is not decoded at all. Who kills the service again and again while it
 * starts must not make rejects of what is good.
 */

/** Processes a batch may end. */
const MOST_ENDS = 5

/** A pool whose first batch is guarded. */
export class Guard implements Pick<DecodePool, 'decode'> {
  readonly #pool: DecodePool
  readonly #last: Attempt | null
  readonly #note: () => Promise<void>
  #first = true
  #attempt: Attempt | null

  /**
   * @param last what the process before this one noted, or null
   * @param note makes `attempt` durable
   */
  constructor(pool: DecodePool, last: Attempt | null, note: () => Promise<void>) {
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
    if (ends === 0) {
      await this.#under(at, 1)
      return this.#pool.decode(slot)
    }
    if (ends >= MOST_ENDS) {
      this.#pool.quarantine(slot)
      return [slot]
    }
    if (this.#pool.workers === 0) await this.#pool.resize(1)
    const decoded = await this.#pool.decode(slot)
    await this.#under(at, ends + 1)
    return decoded
  }

  async #under(at: Attempt['at'], count: number): Promise<void> {
    this.#attempt = { at, count }
    await this.#note()
  }
}
