/** Sizes of the segments of a spool: as they were written, and as they lie on the disk. */

import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { byteOf, type Position, sequenceOf } from '../model/place.ts'
import { listSegments } from './directory.ts'
import {
  compareSegments,
  decodeSegmentHeader,
  PACKED_VERSION,
  SEGMENT_HEADER,
  segmentName,
  versionIn,
} from './format.ts'
import { packedLengthIn } from './pack-format.ts'

/** Bytes of all segments on the disk. Throws a `Failure` when the directory cannot be read. */
export function usedBytes(directory: string): number {
  return listSegments(directory)
    .map((id) => sizeOf(join(directory, segmentName(id))))
    .reduce((sum, size) => sum + size, 0)
}

/**
 * Sizes of segments as they were written, packed or not. One that has a later one in its epoch does not
 * grow: it is asked once.
 */
export class SegmentSizes {
  readonly #directory: string
  readonly #final = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Bytes after a position; all without one. */
  after(position: Position | null): number {
    const first = position && { epoch: position.epoch, sequence: sequenceOf(position.place) }
    const ids = listSegments(this.#directory)
    const names = new Set(ids.map(segmentName))
    for (const name of this.#final.keys()) if (!names.has(name)) this.#final.delete(name)
    let sum = 0
    for (const [i, id] of ids.entries()) {
      const order = first ? compareSegments(id, first) : 1
      if (order < 0) continue
      const name = segmentName(id)
      const path = join(this.#directory, name)
      const isFinal = ids[i + 1]?.epoch === id.epoch
      const size = this.#final.get(name) ?? (isFinal ? writtenSizeOf(path) : sizeOf(path))
      if (isFinal) this.#final.set(name, size)
      sum += position && order === 0 ? Math.max(0, size - byteOf(position.place)) : size
    }
    return sum
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function writtenSizeOf(path: string): number {
  const header = Buffer.alloc(SEGMENT_HEADER)
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      readSync(fd, header, 0, header.length, 0)
    } finally {
      closeSync(fd)
    }
  } catch {
    // Its reader will say why.
    return sizeOf(path)
  }
  const isPacked = versionIn(header) === PACKED_VERSION
  return isPacked && typeof decodeSegmentHeader(header) === 'object'
    ? packedLengthIn(header).bytes
    : sizeOf(path)
}
