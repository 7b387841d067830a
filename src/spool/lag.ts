/** How many bytes of a spool lie before its reader. */

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { listSegments } from './directory.ts'
import type { SegmentId } from './format.ts'
import { compareSegments, segmentName } from './format.ts'

const MEASURE_MS = 1000

/** Measures the directory at most once a second, and counts down what is read in between. */
export class Lag {
  readonly #directory: string
  /** Segments that have a later one in their epoch do not grow. */
  readonly #final = new Map<string, number>()
  #measuredAt = -Infinity
  #ahead = 0
  #readThen = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Bytes after `offset` of a segment (of all when null); `read` counts all bytes read so far. */
  after(segment: SegmentId | null, offset: number, read: number): number {
    const now = performance.now()
    if (now - this.#measuredAt >= MEASURE_MS) {
      this.#measuredAt = now
      this.#readThen = read
      this.#ahead = this.#sizeFrom(segment) - offset
    }
    return Math.max(0, this.#ahead - (read - this.#readThen))
  }

  #sizeFrom(first: SegmentId | null): number {
    const ids = listSegments(this.#directory)
    const names = new Set(ids.map(segmentName))
    for (const name of this.#final.keys()) if (!names.has(name)) this.#final.delete(name)
    let sum = 0
    for (const [i, id] of ids.entries()) {
      if (first && compareSegments(id, first) < 0) continue
      const name = segmentName(id)
      const size = this.#final.get(name) ?? this.#sizeOf(name)
      if (ids[i + 1]?.epoch === id.epoch) this.#final.set(name, size)
      sum += size
    }
    return sum
  }

  #sizeOf(name: string): number {
    return lstatSync(join(this.#directory, name), { throwIfNoEntry: false })?.size ?? 0
  }
}
