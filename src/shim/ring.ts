/**
 * The bounded memory between reading and writing.
 *
 * ```
 *            oldest                                    newest
 *  take() ◄─ │ block │ block │ block │ gap │ block │ filling ◄─ push()
 *                                                  └ room(): where the next read goes
 * ```
 *
 * A block is one frame to be: room for its header, then up to 256 KiB of payload. Input is read right
 * into the filling block; only what was read elsewhere is copied in. When all blocks are taken, the
 * newest bytes are dropped and counted in a gap, which stands in the queue where they would have stood.
 */

import type { FrameHeader, GapRecord } from '../spool/format.ts'
import { FRAME_HEADER, FrameType } from '../spool/format.ts'

/** Longest payload the shim puts in a frame. */
export const BLOCK_PAYLOAD: number = 256 * 1024

/** Least room that is given for a read. A block with less left is whole. */
const LEAST_ROOM = 64 * 1024

/** Memory of the ring, unless set. A second of a heavy flood: 100 k records/s of 300 bytes. */
export const RING_BYTES: number = 32 << 20

/** Whole blocks that are worth a write of their own: the way to another thread costs 40 µs and more. */
const WRITE_BLOCKS = 4

/** Blocks that are given at once at most. */
const TAKEN_BLOCKS = 8

/** Free blocks that are kept when the stream is quiet. */
const SPARE_BLOCKS = 4

/** A frame on its way to the spool. */
export interface Frame extends FrameHeader {
  /** FRAME_HEADER bytes of room, then the payload. */
  readonly memory: Buffer
}

/** A frame that is being filled or waits to be written. */
export interface Block extends Frame {
  readonly kind: 'block'
}

/** Bytes that were dropped at one place of the stream. */
export type Gap = { kind: 'gap' } & { -readonly [K in keyof GapRecord]: GapRecord[K] }

/** When bytes were read. */
export interface Instant {
  readonly ns: number
  readonly ms: number
}

/** Monotonic time at which `performance.now` is 0: without the JIT it takes half as long as `hrtime`. */
const originNs = Number(process.hrtime.bigint()) - performance.now() * 1e6

/** The monotonic and the real time of now. */
export function now(): Instant {
  return { ns: Math.floor(originNs + performance.now() * 1e6), ms: Date.now() }
}

/**
 * Bytes that are counted at once. Without the JIT a loop over bytes counts 20 MB/s and `indexOf` from
 * line to line 0.5 GB/s; splitting strings of this size counts 4 GB/s, and longer ones less, since they
 * are not made on the young heap.
 */
const COUNT_BYTES = 64 * 1024

/** Line feeds in the bytes from one index to another. */
export function countLineFeeds(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at += COUNT_BYTES) {
    count += bytes.toString('latin1', at, Math.min(to, at + COUNT_BYTES)).split('\n').length - 1
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
  readonly #spare: Block[] = []
  readonly #capacity: number
  readonly #clock: () => Instant
  #blocks = 0
  #filling: Block | null = null
  #overflow: Buffer | null = null

  /** Takes the memory it may use, in bytes, at least four blocks; and the clock. */
  constructor(memory: number = RING_BYTES, clock: () => Instant = now) {
    this.#clock = clock
    this.#capacity = Math.max(4, Math.floor(memory / BLOCK_PAYLOAD))
  }

  /** Only what was given room before still fits for sure: reading on may drop bytes. */
  get isFull(): boolean {
    return this.#blocks >= this.#capacity - 1
  }

  /** Enough waits to be taken. */
  get isDue(): boolean {
    return this.#queue.length >= WRITE_BLOCKS || this.isFull || this.#queue[0]?.kind === 'gap'
  }

  /** When the oldest byte that waits was read, in ns; null when none does. */
  get waitingSince(): number | null {
    const oldest = this.#queue[0] ?? this.#filling
    if (oldest?.kind === 'gap') return oldest.firstNs
    return oldest && oldest.length > 0 ? oldest.monotonicNs : null
  }

  /**
   * Memory for the next read, of `most` bytes at most. It stays good until bytes are pushed, whatever is
   * taken meanwhile.
   */
  room(most: number): Uint8Array {
    if (this.#filling && this.#filling.length > BLOCK_PAYLOAD - LEAST_ROOM) this.#finish()
    const block = this.#filling ?? this.#begin()
    if (block) {
      const { buffer, byteOffset } = block.memory
      const size = Math.min(most, BLOCK_PAYLOAD - block.length)
      return new Uint8Array(buffer, byteOffset + FRAME_HEADER + block.length, size)
    }
    this.#overflow ??= Buffer.allocUnsafeSlow(LEAST_ROOM)
    return this.#overflow
  }

  /** Takes the first `size` of these bytes in; returns how many of them were dropped. */
  push(bytes: Uint8Array, size: number): number {
    const filling = this.#filling
    if (filling && isRoomOf(filling, bytes)) {
      this.#grow(filling, size)
      return 0
    }
    let from = 0
    while (from < size) {
      const block = this.#filling ?? this.#begin()
      if (!block) return this.#drop(bytes.subarray(from, size))
      const end = Math.min(size, from + BLOCK_PAYLOAD - block.length)
      block.memory.set(bytes.subarray(from, end), FRAME_HEADER + block.length)
      this.#grow(block, end - from)
      from = end
    }
    return 0
  }

  /** The oldest blocks, or the gap before them, now the caller's; with `partly` also the filling one. */
  take(partly: boolean): Block[] | Gap | null {
    const { length } = this.#queue
    if (partly && length < TAKEN_BLOCKS && this.#filling && this.#filling.length > 0) this.#finish()
    const first = this.#queue.shift()
    if (first?.kind !== 'block') return first ?? null
    const blocks = [first]
    while (blocks.length < TAKEN_BLOCKS && this.#queue[0]?.kind === 'block') {
      blocks.push(this.#queue.shift() as Block)
    }
    return blocks
  }

  /** Takes a block back. */
  give(block: Block): void {
    this.#blocks--
    this.#spare.push(block)
  }

  /** Lets the memory of a flood go; during one, making blocks anew costs more than filling them. */
  trim(): void {
    this.#spare.length = Math.min(this.#spare.length, SPARE_BLOCKS)
  }

  #begin(): Block | null {
    if (this.#blocks >= this.#capacity) return null
    this.#blocks++
    const block = this.#spare.pop() ?? makeBlock()
    block.length = 0
    block.lineFeeds = 0
    this.#filling = block
    return block
  }

  /** Bytes have come to stand behind those of a block. */
  #grow(block: Block, size: number): void {
    if (block.length === 0) {
      const at = this.#clock()
      block.monotonicNs = at.ns
      block.realtimeMs = at.ms
    }
    const start = FRAME_HEADER + block.length
    // Counted here, while the bytes are in the processor's cache.
    block.lineFeeds += countLineFeeds(block.memory, start, start + size)
    block.length += size
    if (block.length === BLOCK_PAYLOAD) this.#finish()
  }

  #finish(): void {
    if (this.#filling) this.#queue.push(this.#filling)
    this.#filling = null
  }

  #drop(bytes: Uint8Array): number {
    const last = this.#queue.at(-1)
    const gap = last?.kind === 'gap' ? last : emptyGap()
    if (gap !== last) this.#queue.push(gap)
    const at = this.#clock()
    const lineFeeds = countLineFeeds(
      Buffer.from(bytes.buffer),
      bytes.byteOffset,
      bytes.byteOffset + bytes.length,
    )
    widenGap(gap, at, at, bytes.length, lineFeeds)
    return bytes.length
  }
}

function makeBlock(): Block {
  return {
    kind: 'block',
    memory: Buffer.allocUnsafeSlow(FRAME_HEADER + BLOCK_PAYLOAD),
    type: FrameType.Data,
    length: 0,
    lineFeeds: 0,
    monotonicNs: 0,
    realtimeMs: 0,
  }
}

/** True when these bytes stand where the block goes on. */
function isRoomOf({ memory, length }: Block, bytes: Uint8Array): boolean {
  return (
    bytes.buffer === memory.buffer && bytes.byteOffset === memory.byteOffset + FRAME_HEADER + length
  )
}
