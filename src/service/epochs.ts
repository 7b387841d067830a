import { setTimeout as sleep } from 'node:timers/promises'
import type { Readers } from './readers.ts'

/** Milliseconds without a new writer after which the events of one that ended are closed. */
const CLOSE_MS = 5000
/** Milliseconds between two looks whether all of an ended input was read. */
const LOOK_MS = 20
/** Milliseconds without a byte after which nobody will say any more that the input has ended. */
const END_MS = 3000

/**
 * Closes epochs. Events that are open when their writer ends wait for the next writer, but not for
 * ever. That an epoch is closed is written first: after a crash the same events close at the same place.
 */
export class Epochs {
  readonly #readers: Readers
  readonly #mark: () => Promise<void>
  #overSince: number | null = null
  #last: number | null = null

  /** @param mark makes durable which epochs are closed */
  constructor(readers: Readers, mark: () => Promise<void>) {
    this.#readers = readers
    this.#mark = mark
  }

  /** The epoch after which nothing comes, once that is known. */
  get last(): number | null {
    return this.#last
  }

  /** To be called about every second; `now` in ms of a clock that does not jump. */
  async look(now: number): Promise<void> {
    const { over } = this.#readers
    if (over === null) this.#overSince = null
    else if (this.#overSince === null) this.#overSince = now
    else if (now - this.#overSince >= CLOSE_MS) {
      this.#overSince = null
      await this.#close(over)
    }
  }

  /**
   * Closes the last epoch as soon as all of it was read; false when its writer could not say that it
   * is over. `lag` tells the bytes that were not read yet.
   */
  async end(last: number, lag: () => number): Promise<boolean> {
    for (let quiet = 0; quiet < END_MS; quiet += LOOK_MS) {
      if (this.#readers.over === last) {
        this.#last = last
        await this.#close(last)
        return true
      }
      await sleep(LOOK_MS)
      if (lag() > 0) quiet = 0
    }
    return false
  }

  async #close(epoch: number): Promise<void> {
    this.#readers.noteClosed(epoch)
    await this.#mark()
    this.#readers.endClosed()
  }
}
