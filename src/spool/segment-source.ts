/** Where the bytes of a segment come from: a file that holds them as they are, or a packed one. */

import { fstatSync, readSync } from 'node:fs'
import { spoolFailure } from './directory.ts'
import { MAX_SEGMENT } from './format.ts'

/** Bytes that a reader passes over since they are no frame. */
export interface Passage {
  /** What of them is worth keeping. */
  readonly kept: Buffer
  /** How many they are. */
  readonly bytes: number
  readonly lineFeeds: number
}

/** The bytes of a segment, by their place in it as it was written. */
export interface SegmentSource {
  /** How many there are now. */
  readonly size: number
  /** Fills `into` from `at` on with what stands at a position, as far as it goes; returns how many. */
  read(into: Buffer, at: number, position: number): number
  /** What stands between two positions. */
  passage(from: number, to: number): Passage
}

/** A file as it was written, perhaps still being written. */
export class PlainSource implements SegmentSource {
  readonly #path: string
  readonly #fd: number

  constructor(path: string, fd: number) {
    this.#path = path
    this.#fd = fd
  }

  get size(): number {
    return Math.min(fstatSync(this.#fd).size, MAX_SEGMENT)
  }

  read(into: Buffer, at: number, position: number): number {
    return readAt(this.#path, this.#fd, into, at, position)
  }

  passage(from: number, to: number): Passage {
    const bytes = Buffer.alloc(to - from)
    const kept = bytes.subarray(0, this.read(bytes, 0, from))
    return { kept, bytes: bytes.length, lineFeeds: lineFeedsIn(kept) }
  }
}

/** Line feeds in some bytes. */
export function lineFeedsIn(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (byte === 10 ? sum + 1 : sum), 0)
}

/**
 * Fills a buffer from `at` on with what stands at a position of a file, as far as it goes. Throws a
 * `Failure` when it cannot be read.
 */
export function readAt(
  path: string,
  fd: number,
  into: Buffer,
  at: number,
  position: number,
): number {
  try {
    return readSync(fd, into, at, into.length - at, position)
  } catch (error) {
    throw spoolFailure(`cannot read ${path}`, error)
  }
}
