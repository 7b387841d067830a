/**
 * One segment being read: a held descriptor and a window of bytes over it.
 *
 * ```
 * file     │ header │ frame │ frame │ frame │ fra…          (being written)
 * window                    │ start ……… end │               read in pieces of a megabyte
 *                           ▲ offset: where the next frame starts
 * ```
 *
 * What lies behind the last whole frame is read again at every look, since the writer may just be
 * writing it.
 */

import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, Failure } from '../model/failure.ts'
import { spoolFailure } from './directory.ts'
import type { FrameHeader, SegmentHeader, SegmentId } from './format.ts'
import {
  decodeSegmentHeader,
  FRAME_HEADER,
  FRAME_MAGIC,
  FrameType,
  isProven,
  MAX_PAYLOAD,
  PACKED_VERSION,
  readFrameHeader,
  SEGMENT_HEADER,
  saltIn,
  segmentName,
  versionIn,
} from './format.ts'
import { packedLengthIn } from './pack-format.ts'
import { PackedSource } from './packed-source.ts'
import { type Passage, PlainSource, readAt, type SegmentSource } from './segment-source.ts'

/** Bytes of the window: the longest frame fits. */
const WINDOW = MAX_PAYLOAD + FRAME_HEADER

/** Bytes that may be proven for each byte searched. */
const PROOF_FACTOR = 64

/** Memory for a window. One reader has one, whichever segment it reads. */
export function createWindow(): Buffer {
  return Buffer.allocUnsafeSlow(WINDOW)
}

/** An open segment. */
export class SegmentFile implements SegmentId {
  readonly epoch: number
  readonly sequence: number
  readonly path: string
  readonly salt: number
  /** Null when the header is damaged; the frames are then still proven by the salt. */
  readonly header: SegmentHeader | null
  /** Where the next frame starts in the file. */
  offset: number = SEGMENT_HEADER
  /** The frame that `next` found. */
  readonly frame: FrameHeader = {
    type: FrameType.Data,
    length: 0,
    lineFeeds: 0,
    monotonicNs: 0,
    realtimeMs: 0,
  }
  readonly #fd: number
  readonly #source: SegmentSource
  readonly #window: Buffer
  #start = 0
  #end = 0
  /** The last read came to the end of the file. */
  #exhausted = false

  private constructor(id: SegmentId, path: string, fd: number, head: Buffer, window: Buffer) {
    const header = decodeSegmentHeader(head)
    this.epoch = id.epoch
    this.sequence = id.sequence
    this.path = path
    this.salt = saltIn(head)
    this.header = typeof header === 'string' ? null : header
    this.#fd = fd
    this.#source =
      versionIn(head) === PACKED_VERSION
        ? new PackedSource(path, fd, this.salt, this.header && packedLengthIn(head))
        : new PlainSource(path, fd)
    this.#window = window
  }

  /**
   * Opens a segment; null when it is not there, or its header is not yet. Throws a `Failure` for a
   * file that is no segment, is of an unknown version, or cannot be read.
   */
  static open(directory: string, id: SegmentId, window: Buffer): SegmentFile | null {
    const path = join(directory, segmentName(id))
    const fd = openRegular(path)
    if (fd === null) return null
    const segment = tryOrClose(fd, () => SegmentFile.#over(id, path, fd, window))
    if (segment === null) closeSync(fd)
    return segment
  }

  static #over(id: SegmentId, path: string, fd: number, window: Buffer): SegmentFile | null {
    const head = Buffer.alloc(SEGMENT_HEADER)
    const size = readAt(path, fd, head, 0, 0)
    const header = decodeSegmentHeader(head.subarray(0, size))
    if (header === 'short' || head.every((byte) => byte === 0)) return null
    if (header === 'foreign' || header === 'version') {
      const what = header === 'foreign' ? 'is no spool segment' : 'is of an unknown spool version'
      throw new Failure(ExitCode.Spool, `${path} ${what}; nothing after it is read`)
    }
    return new SegmentFile(id, path, fd, head, window)
  }

  /** The next whole frame is in `frame`, its payload in `payload`; `offset` lies after it. */
  next(): boolean {
    if (!this.#fill(FRAME_HEADER)) return this.#forget()
    if (!readFrameHeader(this.#window, this.#start, this.frame)) return this.#forget()
    const size = FRAME_HEADER + this.frame.length
    if (!this.#fill(size)) return this.#forget()
    if (!isProven(this.#window, this.#start, this.frame.length, this.salt)) return this.#forget()
    this.#start += size
    this.offset += size
    return true
  }

  /** Payload of the frame just found, from its byte `from`. Valid until the next call of `next`. */
  payload(from = 0): Buffer {
    return this.#window.subarray(this.#start - this.frame.length + from, this.#start)
  }

  /** Bytes of the segment now, as far as it can be one. */
  get size(): number {
    return this.#source.size
  }

  /** Nobody can open it any more. */
  get isDeleted(): boolean {
    return fstatSync(this.#fd).nlink === 0
  }

  /** When it was last written, in ms. */
  get writtenMs(): number {
    return fstatSync(this.#fd).mtimeMs
  }

  /**
   * Where the next good frame after `offset` starts, or `end` when there is none before it. Only for
   * what is damaged: it reads all that is left.
   */
  findFrame(end: number): number {
    const bytes = this.#readFrom(this.offset, end)
    const header = { ...this.frame }
    // Payload may be full of magics that claim a megabyte each; proving all of them would take minutes.
    let budget = bytes.length * PROOF_FACTOR
    let at = bytes.indexOf(FRAME_MAGIC, 1)
    for (; at >= 0 && at + FRAME_HEADER <= bytes.length; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
      if (!readFrameHeader(bytes, at, header)) continue
      if (at + FRAME_HEADER + header.length > bytes.length) continue
      if (isProven(bytes, at, header.length, this.salt)) return this.offset + at
      budget -= header.length
      if (budget < 0) break
    }
    return end
  }

  /** Moves on to `offset`; returns what was passed over. */
  skipTo(offset: number): Passage {
    const passage = this.#source.passage(this.offset, offset)
    this.offset = offset
    this.#start = this.#end = 0
    return passage
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Has so many bytes at `start`; reads as much as the window takes, once to the end of the file. */
  #fill(size: number): boolean {
    const held = this.#end - this.#start
    if (held >= size) return true
    if (this.#exhausted) return false
    this.#window.copyWithin(0, this.#start, this.#end)
    this.#start = 0
    this.#end = held
    this.#end += this.#source.read(this.#window, held, this.offset + held)
    this.#exhausted = this.#end < this.#window.length
    return this.#end >= size
  }

  /** The next look begins with a read. */
  #forget(): false {
    this.#start = this.#end = 0
    this.#exhausted = false
    return false
  }

  #readFrom(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from)
    return bytes.subarray(0, this.#source.read(bytes, 0, from))
  }
}

function openRegular(path: string): number | null {
  // Asked for at every look: an error that says it is not there costs twenty times as much.
  if (!lstatSync(path, { throwIfNoEntry: false })) return null
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw spoolFailure(`cannot read ${path}`, error)
  }
  return tryOrClose(fd, () => {
    if (fstatSync(fd).isFile()) return fd
    throw new Failure(ExitCode.Spool, `${path} is no regular file; nothing after it is read`)
  })
}

/** What the call gives; closes the file where it throws. */
function tryOrClose<T>(fd: number, call: () => T): T {
  try {
    return call()
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
