/**
 * The bounded memory between reading and writing.
 *
 * ```
 *            oldest                                    newest
 *  take() ◄─ │ block │ block │ block │ gap │ block │ filling ◄─ push()
 * ```
 *
 * A block is one frame to be: room for its header, then up to 256 KiB of payload. Bytes are copied
 * in, so that input needs a single read buffer. When all blocks are taken, the newest bytes are
 * dropped and counted in a gap, which stands in the queue where they would have stood.
 */

import type { GapRecord } from '../spool/format.ts'
import { FRAME_HEADER } from '../spool/format.ts'

/** Longest payload the shim puts in a frame. */
export const BLOCK_PAYLOAD: number = 256 * 1024

/** Memory of the ring, unless set. A second of a heavy flood: 100 k records/s of 300 bytes. */
export const RING_BYTES: number = 32 << 20

/** Free blocks that are kept when the stream is quiet. */
const SPARE_BLOCKS = 4

/** A frame that is being filled or waits to be written. */
export interface Block {
  readonly kind: 'block'
  /** FRAME_HEADER bytes of room, then the payload. */
  readonly memory: Buffer
  /** Payload bytes so far, and line feeds in them. */
  length: number
  lineFeeds: number
  firstNs: number
  firstMs: number
}

/** Bytes that were dropped at one place of the stream. */
export type Gap = { kind: 'gap' } & { -readonly [K in keyof GapRecord]: GapRecord[K] }

/** When bytes were read. */
export interface Instant {
  readonly ns: number
  readonly ms: number
}

/** The monotonic and the real time of now. */
export function now(): Instant {
  const [seconds, nanoseconds] = process.hrtime()
  return { ns: seconds * 1e9 + nanoseconds, ms: Date.now() }
}

/**
 * Bytes that are counted at once. Without the JIT a loop over bytes counts 20 MB/s and `indexOf` from
 * line to line 1.2 GB/s; splitting strings of this size counts 3 GB/s, and longer ones less, since they
 * are not made on the young heap.
 */
const COUNT_BYTES = 32 * 1024

/** Line feeds in bytes. */
export function countLineFeeds(bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at += COUNT_BYTES) {
    count += bytes.toString('latin1', at, at + COUNT_BYTES).split('\n').length - 1
  }
  return count
}

/** A gap that holds nothing yet. */
export function emptyGap(): Gap {
  return { kind: 'gap', firstNs: 0, lastNs: 0, firstMs: 0, lastMs: 0, bytes: 0, lineFeeds: 0 }
}

/** Adds what was dropped between two instants to a gap. */
export function widenGap(gap: Gap, first: Instant, last: Instant, bytes: number, lf: number): void {
  if (gap.bytes === 0) {
    gap.firstNs = first.ns
    gap.firstMs = first.ms
  }
  gap.lastNs = last.ns
  gap.lastMs = last.ms
  gap.bytes += bytes
  gap.lineFeeds += lf
}

/** A queue of blocks with a fixed number of them. */
export class Ring {
  readonly #queue: (Block | Gap)[] = []
  readonly #spare: Buffer[] = []
  readonly #capacity: number
  #blocks = 0
  #filling: Block | null = null
  /** Payload bytes held. */
  bytes = 0

  /** Takes the memory it may use, in bytes; at least two blocks. */
  constructor(memory: number = RING_BYTES) {
    this.#capacity = Math.max(2, Math.floor(memory / BLOCK_PAYLOAD))
  }

  /** No block is free: what is pushed beyond the filling one would be dropped. */
  get isFull(): boolean {
    return this.#blocks >= this.#capacity
  }

  /** Bytes wait in a block that is not full. */
  get isFilling(): boolean {
    return this.#filling !== null
  }

  /** A whole block or a gap waits. */
  get hasWhole(): boolean {
    return this.#queue.length > 0
  }

  /** Copies bytes in; returns how many of them were dropped. */
  push(bytes: Buffer, at: Instant): number {
    let from = 0
    while (from < bytes.length) {
      const block = this.#filling ?? this.#begin(at)
      if (!block) return this.#drop(bytes.subarray(from), at)
      const size = Math.min(bytes.length - from, BLOCK_PAYLOAD - block.length)
      const part = bytes.subarray(from, from + size)
      block.memory.set(part, FRAME_HEADER + block.length)
      block.length += size
      // Counted here, while the bytes are in the processor's cache.
      block.lineFeeds += countLineFeeds(part)
      this.bytes += size
      from += size
      if (block.length === BLOCK_PAYLOAD) this.#finish()
    }
    return 0
  }

  /** The oldest entry, now the caller's; with `partly` also the block that is still being filled. */
  take(partly: boolean): Block | Gap | null {
    if (partly && this.#queue.length === 0) this.#finish()
    return this.#queue.shift() ?? null
  }

  /** Takes a block's memory back. */
  give(block: Block): void {
    this.#blocks--
    this.bytes -= block.length
    this.#spare.push(block.memory)
  }

  /** Lets the memory of a flood go; during one, making blocks anew costs more than filling them. */
  trim(): void {
    this.#spare.length = Math.min(this.#spare.length, SPARE_BLOCKS)
  }

  #begin(at: Instant): Block | null {
    if (this.isFull) return null
    this.#blocks++
    const memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(FRAME_HEADER + BLOCK_PAYLOAD)
    const [length, lineFeeds] = [0, 0]
    this.#filling = { kind: 'block', memory, length, lineFeeds, firstNs: at.ns, firstMs: at.ms }
    return this.#filling
  }

  #finish(): void {
    if (this.#filling) this.#queue.push(this.#filling)
    this.#filling = null
  }

  #drop(bytes: Buffer, at: Instant): number {
    const last = this.#queue.at(-1)
    const gap = last?.kind === 'gap' ? last : emptyGap()
    if (gap !== last) this.#queue.push(gap)
    widenGap(gap, at, at, bytes.length, countLineFeeds(bytes))
    return bytes.length
  }
}
