/** How many bytes of a spool lie before its reader. */

import type { Position } from '../model/place.ts'
import { SegmentSizes } from './sizes.ts'

const MEASURE_MS = 1000

/** Measures the directory at most once a second, and counts down what is read in between. */
export class Lag {
  readonly #sizes: SegmentSizes
  #measuredAt = -Infinity
  #ahead = 0
  #readThen = 0

  constructor(directory: string) {
    this.#sizes = new SegmentSizes(directory)
  }

  /** Bytes after a position (all when null); `read` counts all bytes read so far. */
  after(position: Position | null, read: number): number {
    const now = performance.now()
    if (now - this.#measuredAt >= MEASURE_MS) {
      this.#measuredAt = now
      this.#readThen = read
      this.#ahead = this.#sizes.after(position)
    }
    return Math.max(0, this.#ahead - (read - this.#readThen))
  }
}
