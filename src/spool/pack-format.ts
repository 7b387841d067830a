/**
 * Packed segments: what the shim makes of finished segments while the backlog is large. A packed segment
 * stands under the name of the one it was made of, and holds the same bytes, so that every position in
 * the one is a position in the other. It is read through packed-source.ts.
 *
 * ```
 * header, 128 bytes: that of the segment, but       block header, 32 bytes, then the packed bytes
 *   8  4  version, 2                                  0  4  magic "SPPK"
 *  96  8  length of the segment                       4  4  first of its bytes in the segment
 * 104  8  line feeds in it after the header           8  4  bytes of the segment, at most 256 KiB
 * 124  4  CRC-32 of bytes 0–123                      12  4  packed bytes; as many as bytes: as they are
 *                                                    16  4  line feeds in the segment before them
 *                                                    20  4  line feeds in them
 *                                                    24  4  CRC-32 of the packed bytes, seeded with the salt
 *                                                    28  4  CRC-32 of bytes 0–27, seeded with the salt
 * ```
 *
 * Blocks follow on each other from byte 128 of the segment to its end, wherever its frames lie. Each is
 * packed by itself (brotli), so that damage costs one of them, and the others say how much that was.
 */

import { crc32 } from 'node:zlib'
import { PACKED_VERSION, SEGMENT_HEADER } from './format.ts'

/**
 * Bytes of a segment in a block. Of audit records a quarter of this packs a tenth worse, four times as
 * much a fortieth better.
 */
export const BLOCK_BYTES: number = 256 << 10
/** Bytes of a block header. */
export const BLOCK_HEADER = 32

/** "SPPK", the first four bytes of each block. */
export const BLOCK_MAGIC: Buffer = Buffer.from('SPPK', 'latin1')

const PACKING_NAME = /^packing-\d{8}\.tmp$/

/** The file in which the writer of an epoch makes a packed segment. */
export function packingName(epoch: number): string {
  return `packing-${String(epoch).padStart(8, '0')}.tmp`
}

/** True for the name of such a file. */
export function isPackingName(name: string): boolean {
  return PACKING_NAME.test(name)
}

/** What a block header says. */
export interface BlockHeader {
  /** First of its bytes in the segment. */
  readonly from: number
  readonly bytes: number
  readonly packedBytes: number
  readonly lineFeedsBefore: number
  readonly lineFeeds: number
  /** CRC-32 of the packed bytes, seeded with the segment's salt. */
  readonly crc: number
}

/** What a packed segment was made of. */
export interface PackedLength {
  readonly bytes: number
  /** After the header. */
  readonly lineFeeds: number
}

/** The header of a packed segment, made of the header of the segment. */
export function packHeader(header: Buffer, { bytes, lineFeeds }: PackedLength): Buffer {
  const out = Buffer.from(header)
  out.writeUInt32LE(PACKED_VERSION, 8)
  out.writeBigUInt64LE(BigInt(bytes), 96)
  out.writeBigUInt64LE(BigInt(lineFeeds), 104)
  out.writeUInt32LE(crc32(out.subarray(0, SEGMENT_HEADER - 4)), SEGMENT_HEADER - 4)
  return out
}

/** What the header of a packed segment says it was made of. */
export function packedLengthIn(header: Buffer): PackedLength {
  return {
    bytes: Number(header.readBigUInt64LE(96)),
    lineFeeds: Number(header.readBigUInt64LE(104)),
  }
}

/** The 32 bytes of a block header. */
export function encodeBlockHeader(block: BlockHeader, salt: number): Buffer {
  const out = Buffer.alloc(BLOCK_HEADER)
  BLOCK_MAGIC.copy(out)
  out.writeUInt32LE(block.from, 4)
  out.writeUInt32LE(block.bytes, 8)
  out.writeUInt32LE(block.packedBytes, 12)
  out.writeUInt32LE(block.lineFeedsBefore, 16)
  out.writeUInt32LE(block.lineFeeds, 20)
  out.writeUInt32LE(block.crc, 24)
  out.writeUInt32LE(crc32(out.subarray(0, 28), salt), 28)
  return out
}

/** Reads the block header at `at`; null where none that was made under this salt stands. */
export function decodeBlockHeader(bytes: Buffer, at: number, salt: number): BlockHeader | null {
  const header = bytes.subarray(at, at + BLOCK_HEADER)
  if (header.length < BLOCK_HEADER || !header.subarray(0, 4).equals(BLOCK_MAGIC)) return null
  if (crc32(header.subarray(0, 28), salt) !== header.readUInt32LE(28)) return null
  return {
    from: header.readUInt32LE(4),
    bytes: header.readUInt32LE(8),
    packedBytes: header.readUInt32LE(12),
    lineFeedsBefore: header.readUInt32LE(16),
    lineFeeds: header.readUInt32LE(20),
    crc: header.readUInt32LE(24),
  }
}
