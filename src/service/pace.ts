/** Bytes of the stream that are worth a save a second after the one before. */
const MUCH_BYTES = 128 * 1024
/** Milliseconds from one save to the next where less comes. */
const CALM_MS = 10_000

/**
 * When it is worth saving what has moved: each second where much comes; where little does every ten,
 * and at once after a pause. A save, with the status that is written along, costs as much as twenty events that come
 * alone.
 */
export class Pace {
  #bytes = 0
  #moved = false
  #savedAt = Number.NEGATIVE_INFINITY

  /** So many bytes were analysed or delivered. */
  move(bytes: number): void {
    this.#bytes += bytes
    this.#moved = true
  }

  /** True where a save is due, which then counts as done. To be asked each second; `now` in ms of a clock that does not jump. */
  isDue(now: number): boolean {
    if (!this.#moved) return false
    if (this.#bytes < MUCH_BYTES && now - this.#savedAt < CALM_MS) return false
    this.#moved = false
    this.#bytes = 0
    this.#savedAt = now
    return true
  }
}
