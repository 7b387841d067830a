import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { listSegments } from './directory.ts'
import { compareSegments, type SegmentId, segmentName } from './format.ts'

/** Sizes of the segments of a spool. One that has a later one in its epoch does not grow: it is asked once. */
export class SegmentSizes {
  readonly #directory: string
  readonly #final = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Bytes of a segment and all after it; of all without one. */
  from(first: SegmentId | null): number {
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
