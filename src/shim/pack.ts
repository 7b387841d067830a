/**
 * Packs one finished segment: written aside, synced, then renamed over the one it was made of, so that
 * at every moment one of the two stands there whole, and who has the other open reads on.
 *
 * Packing and file calls run in Node's threads, a block at a time; of the main thread that takes about
 * a millisecond a block.
 */

import { constants } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, crc32, constants as zlib } from 'node:zlib'
import {
  decodeSegmentHeader,
  MAX_SEGMENT,
  SEGMENT_HEADER,
  saltIn,
  VERSION,
  versionIn,
} from '../spool/format.ts'
import { BLOCK_BYTES, encodeBlockHeader, packHeader } from '../spool/pack-format.ts'
import { close, fdatasync, open, readNext, syncDirectory, writeAt } from './disk.ts'
import { countLineFeeds } from './ring.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants

/**
 * Of audit records brotli's level 1 makes a tenth at 460 MB/s; deflate's level 1 makes an eighth at
 * 280 MB/s, and its level 6 what brotli's 4 makes at half the speed. Node has zstd from 22.15 on only.
 */
const BROTLI = {
  params: {
    [zlib.BROTLI_PARAM_QUALITY]: 1,
    [zlib.BROTLI_PARAM_LGWIN]: 18,
    [zlib.BROTLI_PARAM_SIZE_HINT]: BLOCK_BYTES,
  },
}
/** A segment that does not come down to this share of its bytes is left as it is. */
const WORTH = 3 / 4

const brotli = promisify<Buffer, typeof BROTLI, Buffer>(brotliCompress)

/** What is packed, and whether to go on. */
export interface PackJob {
  readonly directory: string
  /** Name of the segment, to which nothing is written any more. */
  readonly name: string
  /** Name of the file it is packed into. */
  readonly aside: string
  /** Looked at after each block. */
  readonly isStopped: () => boolean
}

/**
 * Packs a segment. Resolves to false when that is not worth it, was done before, or was stopped; rejects
 * when a file call fails. Nothing has changed in both cases.
 */
export async function packSegment(job: PackJob): Promise<boolean> {
  const path = join(job.directory, job.name)
  const aside = join(job.directory, job.aside)
  const from = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
  try {
    const header = Buffer.alloc(SEGMENT_HEADER)
    await readNext(from, header)
    // A damaged header is left for the reader to find.
    const isPlain = versionIn(header) === VERSION && typeof decodeSegmentHeader(header) === 'object'
    if (!isPlain) return false
    if (!(await packAside(from, aside, header, job))) {
      await unlink(aside)
      return false
    }
    await rename(aside, path)
    await syncDirectory(job.directory)
    return true
  } catch (error) {
    await unlink(aside).catch(() => undefined)
    throw error
  } finally {
    await close(from)
  }
}

async function packAside(from: number, aside: string, header: Buffer, job: PackJob) {
  const to = await create(aside)
  try {
    return await pack(from, to, header, job)
  } finally {
    await close(to)
  }
}

/** Packs from one file into another and syncs that; false when it is not worth it or stopped. */
async function pack(from: number, to: number, header: Buffer, job: PackJob): Promise<boolean> {
  const salt = saltIn(header)
  const memory = Buffer.alloc(BLOCK_BYTES)
  let [bytes, lineFeeds, size] = [SEGMENT_HEADER, 0, SEGMENT_HEADER]
  for (let block = await readBlock(from, memory); block.length > 0; ) {
    const packed = await brotli(block, BROTLI)
    const stored = packed.length < block.length ? packed : block
    const own = countLineFeeds(block, 0, block.length)
    const blockHeader = encodeBlockHeader(
      {
        from: bytes,
        bytes: block.length,
        packedBytes: stored.length,
        lineFeedsBefore: lineFeeds,
        lineFeeds: own,
        crc: crc32(stored, salt),
      },
      salt,
    )
    size += await writeAll(to, [blockHeader, stored], size)
    bytes += block.length
    lineFeeds += own
    if (job.isStopped() || size > bytes * WORTH || bytes > MAX_SEGMENT) return false
    block = await readBlock(from, memory)
  }
  await writeAll(to, [packHeader(header, { bytes, lineFeeds })], 0)
  await fdatasync(to)
  return bytes > SEGMENT_HEADER
}

/** The next bytes of a file, as many as a block takes; none at its end. */
async function readBlock(fd: number, memory: Buffer): Promise<Buffer> {
  let size = 0
  while (size < memory.length) {
    const read = await readNext(fd, memory.subarray(size))
    if (read === 0) break
    size += read
  }
  return memory.subarray(0, size)
}

/** A new file; one that was left under the name, by a shim of an epoch that is used again, goes. */
async function create(path: string): Promise<number> {
  await unlink(path).catch(() => undefined)
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o640)
}

async function writeAll(fd: number, parts: readonly Buffer[], at: number): Promise<number> {
  const size = parts.reduce((sum, { length }) => sum + length, 0)
  if ((await writeAt(fd, parts, at)) < size) throw new Error('short write of a packed segment')
  return size
}
