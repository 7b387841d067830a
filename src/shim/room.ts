/**
 * How much the spool may hold, and what makes room in it: segments below `released`, and with
 * `drop-oldest` the oldest ones. Never the newest segment of the directory, so that the highest epoch
 * ever used stays known, and never the one being written.
 */

import { constants } from 'node:fs'
import { lstat, open, readdir, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { SegmentId } from '../spool/format.ts'
import {
  compareSegments,
  MAX_PAYLOAD,
  parseReleased,
  parseSegmentName,
  RELEASED_BYTES,
  SEGMENT_BYTES,
} from '../spool/format.ts'
import { isPackingName } from '../spool/pack-format.ts'
import { type Allowance, capacityOf } from '../spool/room-line.ts'

/** Largest limit that is taken unless set. */
const DEFAULT_LIMIT = 8 * 2 ** 30
/** auditd's default `space_left` of 75 MB and a quarter, in MiB. */
const DEFAULT_KEEP_FREE = 94 * 2 ** 20
/** Smallest limit: eight segments of 512 KiB, so that reading always frees some. */
export const SMALLEST_LIMIT: number = 4 << 20

/** Used share of what the spool can hold from which on finished segments are packed. */
const PACK_SHARE = 1 / 4

/** Growth that is worth another look at the directory and its file system. */
const SURVEY_BYTES = 1 << 20

/** Bytes the spool may use, and bytes that stay free for others; null for the default. */
export interface RoomOptions {
  readonly directory: string
  readonly stateDirectory: string
  readonly limit: number | null
  readonly keepFree: number | null
}

/** A segment in the directory. */
export interface Kept extends SegmentId {
  readonly name: string
  size: number
  /** Packed, or not worth it. */
  settled: boolean
}

/** Watches over the space of one spool directory. */
export class Room implements Allowance {
  readonly #options: RoomOptions
  #segments: Kept[] = []
  #growth = 0
  #used = 0
  #free = 0
  #clearing: Promise<void> | null = null
  #packing: Kept | null = null
  #releasedSeen = ''
  #released: SegmentId | null = null
  /** Bytes the spool may use. */
  limit = 0
  /** Bytes that must stay free in its file system. */
  keepFree = 0

  constructor(options: RoomOptions) {
    this.#options = options
  }

  /** Bytes in segments, of every writer. */
  get used(): number {
    return this.#used + this.#growth
  }

  /** Bytes it can come to hold as things stand. */
  get capacity(): number {
    return capacityOf(this, this.#used, this.#free)
  }

  /** More than the newest segment is there: some may become deletable. */
  get hasOld(): boolean {
    return this.#segments.length > 1
  }

  /** The directory was looked at: what `has` says is true. */
  get isKnown(): boolean {
    return this.limit > 0
  }

  /** Length of a segment: small enough that leaving one makes room under any limit. */
  get segmentBytes(): number {
    return Math.min(SEGMENT_BYTES, Math.max(SMALLEST_LIMIT, this.limit) / 8)
  }

  /** Space for so many more bytes, as of the last survey and what was added since. */
  has(bytes: number): boolean {
    const grown = this.#growth + bytes
    return this.#used + grown <= this.limit && this.#free - grown >= this.keepFree
  }

  /**
   * The newest segment that is worth packing, while the backlog is so large that any is: those before it
   * are read and deleted first. Never the last one of a writer, which it may have open. What is given is
   * not deleted until `packed` is called.
   */
  toPack(): Kept | null {
    if (this.used < this.capacity * PACK_SHARE) return null
    const found = this.#segments.findLast(
      ({ epoch, settled }, i) => !settled && this.#segments[i + 1]?.epoch === epoch,
    )
    this.#packing = found ?? null
    return this.#packing
  }

  /** Takes note that a segment was packed, or, with `settled` false, that this is to be tried again. */
  async packed(segment: Kept, settled: boolean): Promise<void> {
    const size = await this.#sizeOf(segment.name)
    this.#packing = null
    if (this.#segments.includes(segment)) this.#grew(size - segment.size)
    segment.size = size
    segment.settled = settled
    // It could not be deleted meanwhile.
    if (this.#released && compareSegments(segment, this.#released) < 0) await this.#unlink(segment)
  }

  /** Counts bytes that were written. */
  add(bytes: number): void {
    this.#growth += bytes
  }

  /** The segment below which the reader needs nothing more, or null. Reads it when it has changed. */
  async released(): Promise<SegmentId | null> {
    const path = join(this.#options.stateDirectory, 'released')
    const stat = await lstat(path).catch(() => null)
    const seen = stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : ''
    if (seen !== this.#releasedSeen) {
      this.#releasedSeen = seen
      this.#released = stat ? await readReleased(path) : null
    }
    return this.#released
  }

  /**
   * Deletes what the reader has released and looks at the directory again; nothing when little has
   * changed. Rejects when the directory or its file system cannot be read.
   */
  clear(current: SegmentId | null): Promise<void> {
    this.#clearing ??= this.#clear(current).finally(() => {
      this.#clearing = null
    })
    return this.#clearing
  }

  /** Deletes the oldest segments until so many bytes fit, or nothing is left to delete; then surveys. */
  async evict(current: SegmentId | null, bytes: number): Promise<void> {
    await this.#clearing
    let missing = Math.max(
      this.used + bytes - this.limit,
      this.keepFree + this.#growth + bytes - this.#free,
    )
    for (const segment of this.#segments.slice(0, -1)) {
      if (missing <= 0) break
      if (current && compareSegments(segment, current) === 0) continue
      if (await this.#unlink(segment)) missing -= segment.size
    }
    await this.#survey()
  }

  async #clear(current: SegmentId | null): Promise<void> {
    if (!this.hasOld && this.#isFresh(current) && this.has(MAX_PAYLOAD)) return
    const before = this.#released
    const released = await this.released()
    if (released === before && this.#isFresh(current) && this.has(MAX_PAYLOAD)) return
    await this.#survey()
    for (const segment of released ? this.#segments.slice(0, -1) : []) {
      if (compareSegments(segment, released as SegmentId) >= 0) break
      if (!current || compareSegments(segment, current) !== 0) await this.#unlink(segment)
    }
  }

  /** Hardly anything was written since the last survey, and in a segment that it has seen. */
  #isFresh(current: SegmentId | null): boolean {
    const newest = this.#segments.at(-1)
    const isSeen = !current || (newest && compareSegments(newest, current) === 0)
    return this.isKnown && isSeen === true && this.#growth < SURVEY_BYTES
  }

  async #survey(): Promise<void> {
    const { directory, limit, keepFree } = this.#options
    const { bavail, blocks, bsize } = await statfs(directory)
    const total = blocks * bsize
    const known = new Map(this.#segments.map((segment, i) => [segment.name, i]))
    const segments: Kept[] = []
    for (const name of await readdir(directory)) {
      const id = parseSegmentName(name)
      if (id) segments.push(await this.#look(name, id, known.get(name)))
      // What a shim left that ended while it packed. One that lives begins again.
      else if (!this.isKnown && isPackingName(name)) await this.#remove(name)
    }
    this.#segments = segments.toSorted(compareSegments)
    this.#used = segments.reduce((sum, { size }) => sum + size, 0)
    this.#growth = 0
    this.#free = bavail * bsize
    this.keepFree = keepFree ?? Math.floor(Math.min(total / 20, DEFAULT_KEEP_FREE))
    const wanted = limit ?? Math.floor(Math.min(total / 10, DEFAULT_LIMIT))
    this.limit = Math.max(SMALLEST_LIMIT, Math.min(total, wanted))
  }

  /** A segment as it is now; `known` is where it stood at the last survey. */
  async #look(name: string, id: SegmentId, known: number | undefined): Promise<Kept> {
    const segment = known === undefined ? null : this.#segments[known]
    if (segment && known !== undefined && this.#isFinal(known)) return segment
    const size = await this.#sizeOf(name)
    if (!segment) return { ...id, name, size, settled: false }
    segment.size = size
    return segment
  }

  /** A segment is final once a later one of its epoch is there: only the last two are looked at again. */
  #isFinal(index: number): boolean {
    return this.#segments[index + 2]?.epoch === this.#segments[index].epoch
  }

  async #sizeOf(name: string): Promise<number> {
    const stat = await lstat(join(this.#options.directory, name)).catch(() => null)
    return stat?.size ?? 0
  }

  /** False for one that is being packed: it would come back. */
  async #unlink(segment: Kept): Promise<boolean> {
    if (segment === this.#packing) return false
    await this.#remove(segment.name)
    const at = this.#segments.indexOf(segment)
    if (at >= 0) {
      this.#segments.splice(at, 1)
      this.#grew(-segment.size)
    }
    return true
  }

  #grew(bytes: number): void {
    this.#used += bytes
    this.#free -= bytes
  }

  async #remove(name: string): Promise<void> {
    // Another shim may have been faster.
    await unlink(join(this.#options.directory, name)).catch(() => undefined)
  }
}

/** What a `released` file says. Anything but a small regular file with a good CRC says nothing. */
export async function readReleased(path: string): Promise<SegmentId | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch(() => null)
  if (!file) return null
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > RELEASED_BYTES) return null
    const { buffer, bytesRead } = await file.read(Buffer.alloc(RELEASED_BYTES + 1), 0)
    return parseReleased(buffer.toString('latin1', 0, bytesRead))
  } catch {
    return null
  } finally {
    await file.close()
  }
}
