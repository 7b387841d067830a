/**
 * The segments of one writer process: an epoch is claimed once, frames are appended, a segment is
 * finished at its size or at the first short write or error, and the next one says how much of it holds.
 */

import { randomInt } from 'node:crypto'
import { constants } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SegmentId } from '../spool/format.ts'
import {
  encodeSegmentHeader,
  FRAME_HEADER,
  FrameType,
  parseSegmentName,
  SEGMENT_HEADER,
  sealFrame,
  segmentName,
} from '../spool/format.ts'
import { close, fdatasync, open, syncDirectory, writeAt } from './disk.ts'
import type { Frame } from './ring.ts'
import { now } from './ring.ts'
import type { Self } from './self.ts'

/** Unsynced bytes after which the file is synced without waiting for the time to pass. */
const SYNC_BYTES = 4 << 20

const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants

/** How segments are written. */
export interface SegmentsOptions {
  readonly directory: string
  /** Who writes: goes in each header. */
  readonly self: Self
  /** Highest epoch that `released` names. */
  readonly releasedEpoch: () => Promise<number>
  /** Length at which a segment is rotated, as the limit has it. */
  readonly segmentBytes: () => number
  /** Milliseconds after which written bytes are synced, 0 for every frame, null for never. */
  readonly syncMs: number | null
  /** Learns by how many bytes the spool grew. */
  readonly onGrown: (bytes: number) => void
  /** Learns that written bytes could not be synced. */
  readonly onSyncError: (error: unknown) => void
}

interface OpenSegment {
  readonly fd: number
  readonly sequence: number
  readonly salt: number
  /** Where the last whole frame ends; 0 until the header is written. */
  length: number
  unsynced: number
  syncing: Promise<void> | null
}

/** Appends frames to the segments of one epoch. One call at a time. */
export class Segments {
  readonly #options: SegmentsOptions
  #epoch = 0
  #current: OpenSegment | null = null
  #sequence = -1
  #previousLength = 0
  #bytes = 0
  #lineFeeds = 0
  #lastNs = 0
  #syncTimer: NodeJS.Timeout | null = null
  #retiring: Promise<void> = Promise.resolve()

  constructor(options: SegmentsOptions) {
    this.#options = options
  }

  /** The segment being written, or null before the epoch is claimed. */
  get current(): SegmentId | null {
    return this.#epoch === 0 ? null : { epoch: this.#epoch, sequence: this.#sequence }
  }

  /**
   * Appends frames, at least the first of them. Resolves to how many are now in the spool. Rejects when
   * not even that one could be written whole; all may then be appended again and go to the next segment.
   */
  append(frames: readonly Frame[]): Promise<number> {
    const segment = this.#current
    const fitting = segment && segment.length > 0 ? this.#fitting(segment, frames) : 0
    if (!segment || fitting === 0) return this.#appendToNext(frames)
    return this.#write(segment, fitting < frames.length ? frames.slice(0, fitting) : frames)
  }

  /** Finishes the segment being written; resolves when all is synced as set, and closed. */
  async close(): Promise<void> {
    if (this.#current) this.#finish(this.#current)
    await this.#retiring
  }

  async #appendToNext(frames: readonly Frame[]): Promise<number> {
    if (this.#current && this.#current.length > 0) this.#finish(this.#current)
    const segment = await this.#start(this.#current)
    return this.#write(segment, frames.slice(0, Math.max(1, this.#fitting(segment, frames))))
  }

  /** How many of these frames the segment has room for. */
  #fitting(segment: OpenSegment, frames: readonly Frame[]): number {
    let room = this.#options.segmentBytes() - segment.length
    let count = 0
    for (const { length } of frames) {
      room -= FRAME_HEADER + length
      if (room < 0) break
      count++
    }
    return count
  }

  async #write(segment: OpenSegment, frames: readonly Frame[]): Promise<number> {
    const parts = frames.map((frame) => this.#seal(segment, frame))
    let written = 0
    let failure: unknown = null
    try {
      written = await writeAt(segment.fd, parts, segment.length)
    } catch (error) {
      failure = error
    }
    this.#options.onGrown(written)
    segment.unsynced += written
    let count = 0
    for (let rest = written; count < parts.length && rest >= parts[count].length; count++) {
      rest -= parts[count].length
      this.#wrote(segment, frames[count])
    }
    if (count < frames.length) {
      this.#finish(segment)
      if (this.#options.syncMs === 0) await this.#retiring
      // A tick is not worth it.
    } else if (frames[0].type !== FrameType.Tick) {
      if (this.#options.syncMs === 0) await this.#sync(segment)
      else this.#syncSoon(segment)
    }
    if (count === 0) throw failure ?? new Error(`short write: ${written} bytes`)
    return count
  }

  /** Gives a frame its header; returns its bytes. */
  #seal(segment: OpenSegment, frame: Frame): Buffer {
    // The clock of an epoch never falls, whatever waited in which queue.
    this.#lastNs = frame.monotonicNs = Math.max(frame.monotonicNs, this.#lastNs)
    sealFrame(frame.memory, frame, segment.salt)
    return frame.memory.subarray(0, FRAME_HEADER + frame.length)
  }

  #wrote(segment: OpenSegment, { type, length, lineFeeds }: Frame): void {
    segment.length += FRAME_HEADER + length
    if (type !== FrameType.Data) return
    this.#bytes += length
    this.#lineFeeds += lineFeeds
  }

  /** Opens the next segment (or goes on with one that has no header yet) and writes its header. */
  async #start(opened: OpenSegment | null): Promise<OpenSegment> {
    let segment = opened
    if (!segment) {
      const fd = this.#epoch === 0 ? await this.#claim() : await this.#create(this.#sequence + 1)
      this.#sequence++
      const salt = randomInt(2 ** 32)
      segment = { fd, sequence: this.#sequence, salt, length: 0, unsynced: 0, syncing: null }
      this.#current = segment
    }
    const { boot, pid, pidNamespace, started } = this.#options.self
    const { ns, ms } = now()
    const header = encodeSegmentHeader({
      epoch: this.#epoch,
      sequence: segment.sequence,
      salt: segment.salt,
      boot,
      pid,
      pidNamespace,
      started,
      realtimeMs: ms,
      monotonicNs: ns,
      bytes: this.#bytes,
      lineFeeds: this.#lineFeeds,
      previousLength: this.#previousLength,
    })
    const written = await writeAt(segment.fd, [header], 0)
    if (written !== SEGMENT_HEADER) throw new Error('short write of a segment header')
    segment.length = SEGMENT_HEADER
    this.#options.onGrown(SEGMENT_HEADER)
    const named = this.#syncDirectory()
    if (this.#options.syncMs === 0) await named
    return segment
  }

  /** Takes the next free epoch: whoever creates its sequence 0 has it. */
  async #claim(): Promise<number> {
    const { directory, releasedEpoch } = this.#options
    let epoch = await releasedEpoch()
    for (const name of await readdir(directory)) {
      epoch = Math.max(epoch, parseSegmentName(name)?.epoch ?? 0)
    }
    for (;;) {
      this.#epoch = ++epoch
      try {
        return await this.#create(0)
      } catch (error) {
        this.#epoch = 0
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
    }
  }

  #create(sequence: number): Promise<number> {
    const path = join(this.#options.directory, segmentName({ epoch: this.#epoch, sequence }))
    return open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o640)
  }

  #finish(segment: OpenSegment): void {
    this.#current = null
    this.#previousLength = segment.length
    this.#retiring = Promise.all([this.#retiring, this.#retire(segment)]).then(() => undefined)
  }

  async #retire(segment: OpenSegment): Promise<void> {
    await segment.syncing
    if (this.#options.syncMs !== null) await this.#sync(segment)
    await close(segment.fd).catch(this.#options.onSyncError)
  }

  #syncSoon(segment: OpenSegment): void {
    const { syncMs } = this.#options
    if (syncMs === null) return
    if (segment.unsynced >= SYNC_BYTES && !segment.syncing) void this.#sync(segment)
    else if (!this.#syncTimer) this.#syncTimer = setTimeout(() => this.#syncLate(), syncMs)
  }

  #syncLate(): void {
    const segment = this.#current
    const again = segment?.syncing && this.#options.syncMs
    this.#syncTimer = again ? setTimeout(() => this.#syncLate(), again) : null
    if (segment && !again) void this.#sync(segment)
  }

  /** Never rejects: bytes that the disk will not hold are said, and go on being read from memory. */
  #sync(segment: OpenSegment): Promise<void> {
    if (segment.unsynced === 0) return Promise.resolve()
    segment.unsynced = 0
    segment.syncing = fdatasync(segment.fd)
      .catch(this.#options.onSyncError)
      .finally(() => {
        segment.syncing = null
      })
    return segment.syncing
  }

  /** Until it is done the new name may be lost with the power, as its bytes may. Never rejects. */
  async #syncDirectory(): Promise<void> {
    if (this.#options.syncMs === null) return
    await syncDirectory(this.#options.directory).catch(this.#options.onSyncError)
  }
}
