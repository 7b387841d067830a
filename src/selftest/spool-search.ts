/** Looks for a record in what a spool gets from now on. Reads segments; writes nothing. */

import { type Position, placeOf } from '../model/place.ts'
import { listSegments } from '../spool/directory.ts'
import { compareSegments, FrameType, type SegmentId } from '../spool/format.ts'
import { createWindow, SegmentFile } from '../spool/segment.ts'

/**
 * Follows the newest segments of a spool. They share a window, which is free once a segment has no whole
 * frame left.
 */
export class SpoolSearch {
  readonly #directory: string
  readonly #window: Buffer = createWindow()
  readonly #open = new Map<string, SegmentFile>()
  /** Segments up to here were there before. */
  readonly #after: SegmentId | null

  /** Throws a `Failure` when the directory cannot be read. */
  constructor(directory: string) {
    this.#directory = directory
    this.#after = listSegments(directory).at(-1) ?? null
  }

  /** Where the record with this text begins, once it is there. */
  find(text: string): Position | null {
    for (const id of this.#segments()) {
      const key = `${id.epoch}.${id.sequence}`
      const segment = this.#open.get(key) ?? SegmentFile.open(this.#directory, id, this.#window)
      if (segment === null) continue
      this.#open.set(key, segment)
      const at = search(segment, text)
      if (at !== null) return { epoch: id.epoch, place: placeOf(id.sequence, at) }
    }
    return null
  }

  /** Lets go of the segments. */
  close(): void {
    for (const segment of this.#open.values()) segment.close()
    this.#open.clear()
  }

  /** The one that was the newest, and those after it. */
  #segments(): SegmentId[] {
    const after = this.#after
    return listSegments(this.#directory).filter(
      (id) => after === null || compareSegments(id, after) >= 0,
    )
  }
}

/** Byte of the file at which the line with this text begins, from where the segment was read to. */
function search(segment: SegmentFile, text: string): number | null {
  while (segment.next()) {
    if (segment.frame.type !== FrameType.Data) continue
    const payload = segment.payload()
    const at = payload.indexOf(text)
    if (at < 0) continue
    return segment.offset - payload.length + payload.lastIndexOf('\n', at) + 1
  }
  return null
}
