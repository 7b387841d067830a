/**
 * A packed segment, read as the one it was made of. A damaged block reads as zeros, which are no frame,
 * so that all the reader knows of damage holds here too.
 */

import { fstatSync } from 'node:fs'
import { brotliDecompressSync, crc32 } from 'node:zlib'
import { MAX_SEGMENT, SEGMENT_HEADER } from './format.ts'
import {
  BLOCK_BYTES,
  BLOCK_HEADER,
  BLOCK_MAGIC,
  type BlockHeader,
  decodeBlockHeader,
  type PackedLength,
} from './pack-format.ts'
import { lineFeedsIn, type Passage, readAt, type SegmentSource } from './segment-source.ts'

/** A block, or what stands in place of damaged ones. */
interface Block {
  /** Its bytes in the segment. */
  readonly from: number
  readonly to: number
  readonly lineFeeds: number
  /** Where it begins and ends in the file. */
  readonly at: number
  readonly end: number
  /** Of the packed bytes; null where its header is damaged. */
  readonly crc: number | null
}

/** The bytes of a segment that was packed. */
export class PackedSource implements SegmentSource {
  readonly #path: string
  readonly #fd: number
  readonly #salt: number
  readonly #blocks: readonly Block[]
  /** The block that was read last, unpacked; null where it is damaged. */
  #open: { readonly block: Block; readonly bytes: Buffer | null } | null = null

  /** Takes what the header says it was made of, null where that is damaged. */
  constructor(path: string, fd: number, salt: number, length: PackedLength | null) {
    this.#path = path
    this.#fd = fd
    this.#salt = salt
    this.#blocks = this.#index(length)
  }

  get size(): number {
    return this.#blocks.at(-1)?.to ?? SEGMENT_HEADER
  }

  read(into: Buffer, at: number, position: number): number {
    let done = 0
    for (const block of this.#blocks) {
      const from = position + done
      if (block.to <= from) continue
      const to = Math.min(block.to, position + into.length - at)
      if (to <= from) break
      const bytes = this.#unpack(block)
      if (bytes) bytes.copy(into, at + done, from - block.from, to - block.from)
      else into.fill(0, at + done, at + done + to - from)
      done += to - from
    }
    return done
  }

  passage(from: number, to: number): Passage {
    const blocks = this.#blocks.filter((block) => block.from < to && block.to > from)
    const damaged = blocks.filter((block) => this.#unpack(block) === null)
    const bytes = Buffer.alloc(to - from)
    const plain = bytes.subarray(0, this.read(bytes, 0, from))
    // Of damaged blocks nothing was counted: they are zeros, and no frame begins in them.
    const lost = damaged.reduce((sum, block) => sum + block.lineFeeds, 0)
    const kept = damaged.length > 0 ? this.#bytesOf(blocks) : plain
    return { kept, bytes: to - from, lineFeeds: lineFeedsIn(plain) + lost }
  }

  /** Some blocks as they lie in the file. */
  #bytesOf(blocks: readonly Block[]): Buffer {
    const { at } = blocks[0]
    const bytes = Buffer.alloc(blocks[blocks.length - 1].end - at)
    return bytes.subarray(0, readAt(this.#path, this.#fd, bytes, 0, at))
  }

  #unpack(block: Block): Buffer | null {
    if (this.#open?.block !== block) this.#open = { block, bytes: this.#unpacked(block) }
    return this.#open.bytes
  }

  #unpacked({ from, to, at, end, crc }: Block): Buffer | null {
    if (crc === null) return null
    const packed = Buffer.alloc(end - at - BLOCK_HEADER)
    const read = readAt(this.#path, this.#fd, packed, 0, at + BLOCK_HEADER)
    if (read < packed.length || crc32(packed, this.#salt) !== crc) return null
    if (packed.length === to - from) return packed
    try {
      const bytes = brotliDecompressSync(packed, { maxOutputLength: to - from })
      return bytes.length === to - from ? bytes : null
    } catch {
      return null
    }
  }

  /** All blocks in order and without a byte between; what is not known of damaged ones is from those around. */
  #index(length: PackedLength | null): Block[] {
    const size = Math.min(fstatSync(this.#fd).size, MAX_SEGMENT)
    const blocks: Block[] = []
    let [from, lineFeeds, at] = [SEGMENT_HEADER, 0, SEGMENT_HEADER]
    const passOver = (end: number, to: number, lineFeedsThere: number): void => {
      if (to > from)
        blocks.push({
          from,
          to,
          lineFeeds: Math.max(0, lineFeedsThere - lineFeeds),
          at,
          end,
          crc: null,
        })
    }
    for (let found = this.#find(at, size); found; found = this.#find(at, size)) {
      const { header } = found
      const end = found.at + BLOCK_HEADER + header.packedBytes
      if (header.from < from || !isPossible(header)) break
      passOver(found.at, header.from, header.lineFeedsBefore)
      from = header.from + header.bytes
      lineFeeds = header.lineFeedsBefore + header.lineFeeds
      const { from: first, lineFeeds: own, crc } = header
      blocks.push({ from: first, to: from, lineFeeds: own, at: found.at, end, crc })
      at = end
    }
    if (length) passOver(size, Math.min(length.bytes, MAX_SEGMENT), length.lineFeeds)
    return blocks
  }

  /** The first block at or after `at`, or null. */
  #find(at: number, size: number) {
    const next = Buffer.alloc(BLOCK_HEADER)
    readAt(this.#path, this.#fd, next, 0, at)
    const header = decodeBlockHeader(next, 0, this.#salt)
    if (header || at >= size) return header && { at, header }
    const rest = Buffer.alloc(size - at)
    const bytes = rest.subarray(0, readAt(this.#path, this.#fd, rest, 0, at))
    for (let i = bytes.indexOf(BLOCK_MAGIC); i >= 0; i = bytes.indexOf(BLOCK_MAGIC, i + 1)) {
      const later = decodeBlockHeader(bytes, i, this.#salt)
      if (later) return { at: at + i, header: later }
    }
    return null
  }
}

/** A block that a shim makes: lengths that lie must cost a reader neither memory nor time. */
function isPossible({ from, bytes, packedBytes }: BlockHeader): boolean {
  const isAligned = (from - SEGMENT_HEADER) % BLOCK_BYTES === 0
  const isShort = bytes > 0 && bytes <= BLOCK_BYTES && packedBytes <= bytes
  return isAligned && isShort && from + bytes <= MAX_SEGMENT
}
