/**
 * The writing half: takes blocks in order, keeps to the limit, tries again when the disk fails, and
 * accounts for what had to be dropped in gap frames that stand where the bytes would have stood.
 */

import type { FrameType as Type } from '../spool/format.ts'
import { encodeGap, FRAME_HEADER, FrameType, GAP_PAYLOAD } from '../spool/format.ts'
import { reasonOf, sleep } from './disk.ts'
import type { Notes } from './notes.ts'
import { Severity } from './notes.ts'
import type { Block, Frame, Gap, Instant } from './ring.ts'
import { emptyGap, now, widenGap } from './ring.ts'
import type { Room } from './room.ts'
import type { Segments } from './segments.ts'

const RETRY_MS = 100
/** A gap that goes on is written at this interval, so that the reader knows of it before it ends. */
const GAP_EVERY_MS = 10_000
/** A gap that is over is written after this, unless data comes first. */
const GAP_SOON_MS = 1000
const SAY_EVERY_MS = 60_000

/** What goes when the limit is reached. */
export type WhenFull = 'drop-newest' | 'drop-oldest' | 'block'

/** Bytes and line feeds of one shim's life. `read` = `written` + `dropped` when it is over. */
export interface Totals {
  read: number
  written: number
  dropped: number
  droppedLineFeeds: number
}

/** Writes what the ring gives. One call at a time. */
export class Store {
  readonly #segments: Segments
  readonly #room: Room
  readonly #whenFull: WhenFull
  readonly #notes: Notes
  readonly #totals: Totals
  readonly #small: Buffer = Buffer.alloc(FRAME_HEADER + GAP_PAYLOAD)
  #gap: Gap = emptyGap()
  #gapAt = 0
  #searchedAt = -Infinity
  #fullSince = 0
  #troubleSince = 0
  #saidAt = -Infinity
  #givenUp = false

  constructor(segments: Segments, room: Room, whenFull: WhenFull, notes: Notes, totals: Totals) {
    this.#segments = segments
    this.#room = room
    this.#whenFull = whenFull
    this.#notes = notes
    this.#totals = totals
  }

  /** Dropped bytes are not yet told of in the spool. */
  get hasGap(): boolean {
    return this.#gap.bytes > 0
  }

  /** Tries nothing again from now on. */
  giveUp(): void {
    this.#givenUp = true
  }

  /**
   * Writes blocks, as many as go at once, or drops the first where the limit says so. Resolves to how
   * many are done with; 0 when it gave up meanwhile.
   */
  write(blocks: readonly Block[]): Promise<number> {
    const isPlain = !this.hasGap && !this.#givenUp && this.#hasRoom(sizeOf(blocks))
    return isPlain ? this.#append(blocks, true) : this.#writeOne(blocks[0])
  }

  async #writeOne(block: Block): Promise<number> {
    if (await this.#makeRoom(sizeOf([block]))) {
      if (this.hasGap) await this.gap(true)
      if ((await this.#append([block], true)) > 0) return 1
    }
    const at = { ns: block.monotonicNs, ms: block.realtimeMs }
    this.drop(at, now(), block.length, block.lineFeeds)
    if (performance.now() - this.#gapAt >= GAP_EVERY_MS) await this.gap(false)
    return 1
  }

  /** Counts bytes that were dropped after all that was taken so far. */
  drop(first: Instant, last: Instant, bytes: number, lineFeeds: number): void {
    if (!this.hasGap) this.#gapAt = performance.now()
    widenGap(this.#gap, first, last, bytes, lineFeeds)
    this.#totals.dropped += bytes
    this.#totals.droppedLineFeeds += lineFeeds
  }

  /** A gap may be told of now: there is room again, or it lasts so long that it must be. */
  get isGapDue(): boolean {
    if (!this.hasGap) return false
    const every = this.#room.has(this.#slack) ? GAP_SOON_MS : GAP_EVERY_MS
    return performance.now() - this.#gapAt >= every
  }

  /** Writes what was dropped, whatever the limit; `persist` until it succeeds. */
  async gap(persist: boolean): Promise<void> {
    const gap = this.#gap
    encodeGap(gap, this.#small, FRAME_HEADER)
    this.#gapAt = performance.now()
    const at = { ns: gap.lastNs, ms: gap.lastMs }
    if (await this.#append([this.#frame(FrameType.Gap, at, GAP_PAYLOAD)], persist)) {
      this.#gap = emptyGap()
    }
  }

  /** Says that the stream is alive and quiet; not worth a second try. */
  async tick(): Promise<void> {
    if (!this.#room.has(FRAME_HEADER)) return
    await this.#append([this.#frame(FrameType.Tick, now(), 0)], false)
  }

  /** Tells of the last gap, ends the epoch, and closes its files. */
  async end(): Promise<void> {
    if (this.hasGap) await this.gap(true)
    await this.#append([this.#frame(FrameType.End, now(), 0)], true)
    await this.#segments.close()
  }

  /** Deletes what was released. Never rejects. */
  async upkeep(): Promise<void> {
    await this.#room.clear(this.#segments.current).catch((error) => this.#failed(error))
  }

  /** What must be free after it was full, so that it does not turn full again at once. */
  get #slack(): number {
    return this.#fullSince > 0 ? this.#room.segmentBytes : 0
  }

  #hasRoom(bytes: number): boolean {
    if (!this.#room.has(bytes + this.#slack)) return false
    this.#hasSpace()
    return true
  }

  /** Waits or makes room as set; false when what came is to be dropped. */
  async #makeRoom(bytes: number): Promise<boolean> {
    while (!this.#hasRoom(bytes)) {
      if (performance.now() - this.#searchedAt >= RETRY_MS && (await this.#search(bytes))) continue
      // Not even looked at: the write will find out, and try again.
      if (!this.#room.isKnown) return true
      this.#isFull()
      if (this.#whenFull !== 'block' || this.#givenUp) return false
      await sleep(RETRY_MS)
    }
    return true
  }

  /** Deletes what may go; true when there is room then. */
  async #search(bytes: number): Promise<boolean> {
    const size = bytes + this.#slack
    await this.upkeep()
    if (this.#whenFull === 'drop-oldest' && this.#room.isKnown && !this.#room.has(size)) {
      await this.#room.evict(this.#segments.current, size).catch(() => undefined)
    }
    const found = this.#room.has(size)
    if (!found) this.#searchedAt = performance.now()
    return found
  }

  /** Resolves to how many of these frames are in the spool; `persist` until one is, or it has given up. */
  async #append(frames: readonly Frame[], persist: boolean): Promise<number> {
    for (;;) {
      try {
        const count = await this.#segments.append(frames)
        for (let i = 0; i < count; i++) this.#totals.written += dataIn(frames[i])
        this.#succeeded()
        return count
      } catch (error) {
        this.#failed(error)
      }
      if (!persist || this.#givenUp) return 0
      await sleep(RETRY_MS)
      await this.upkeep()
    }
  }

  /** A frame that has no more payload than a gap. */
  #frame(type: Type, at: Instant, length: number): Frame {
    const memory = this.#small
    return { memory, type, length, lineFeeds: 0, monotonicNs: at.ns, realtimeMs: at.ms }
  }

  #failed(error: unknown): void {
    const time = performance.now()
    if (this.#troubleSince === 0) this.#troubleSince = time
    if (time - this.#saidAt < SAY_EVERY_MS) return
    this.#saidAt = time
    this.#notes.say(
      Severity.Error,
      `cannot write the spool: ${reasonOf(error)}; records are kept in memory, then dropped`,
    )
  }

  #succeeded(): void {
    if (this.#troubleSince === 0) return
    const seconds = ((performance.now() - this.#troubleSince) / 1000).toFixed(1)
    this.#troubleSince = 0
    this.#saidAt = -Infinity
    this.#notes.say(
      Severity.Warning,
      `the spool is written again after ${seconds} s; dropped ${this.#totals.dropped} bytes so far`,
    )
  }

  #isFull(): void {
    if (this.#fullSince > 0) return
    this.#fullSince = performance.now()
    const { used, limit, keepFree } = this.#room
    this.#notes.say(
      Severity.Error,
      `the spool is full (${used} of ${limit} bytes, ${keepFree} kept free): ${FULL[this.#whenFull]}`,
    )
  }

  #hasSpace(): void {
    if (this.#fullSince === 0) return
    this.#fullSince = 0
    this.#notes.say(
      Severity.Warning,
      `the spool has room again; dropped ${this.#totals.dropped} bytes so far`,
    )
  }
}

const FULL: Record<WhenFull, string> = {
  'drop-newest': 'new records are dropped',
  'drop-oldest': 'nothing older is left to delete, new records are dropped',
  block: 'reading stops, which stalls auditd',
}

function dataIn({ type, length }: Frame): number {
  return type === FrameType.Data ? length : 0
}

function sizeOf(frames: readonly Frame[]): number {
  let size = 0
  for (const { length } of frames) size += FRAME_HEADER + length
  return size
}
