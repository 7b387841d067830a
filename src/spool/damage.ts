/** Bytes of a segment that are no frame: passed over, kept aside, and told. */

import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Position } from '../model/place.ts'
import { formatPosition, placeOf } from '../model/place.ts'
import type { Notice } from './notice.ts'
import type { SegmentFile } from './segment.ts'

/** Files and bytes kept at most: a disk that fails all over must not be filled with its own ruins. */
const MAX_FILES = 64
const MAX_BYTES: number = 256 << 20
/** Time bytes may stay behind the last whole frame before a later one is searched. */
const STUCK_MS = 1000

/** Deals with the damage of one spool. */
export class Damage {
  readonly #directory: string
  readonly #notice: (notice: Notice) => void
  /** Line feeds of the segment at hand that were passed over. */
  #lineFeeds = 0
  #stuckSince = 0

  /** Takes the state directory, where it keeps what it passes over. */
  constructor(state: string, notice: (notice: Notice) => void) {
    this.#directory = join(state, 'quarantine')
    this.#notice = notice
  }

  /**
   * Moves a segment from its offset to the next good frame, or to `end`. With `onlyBefore` a good
   * frame must follow: a tail may be merely unfinished. What ends at or before `floor` was told
   * before. `unread` is how many line feeds the segment had that were not read, null where nobody
   * knows: what is damaged up to its end says nothing of them. True when it moved.
   */
  pass(
    segment: SegmentFile,
    end: number,
    onlyBefore: boolean,
    floor: number,
    unread: number | null = null,
  ): boolean {
    const { epoch, sequence, offset } = segment
    if (offset >= end) return false
    const good = segment.findFrame(end)
    if (good === end && onlyBefore) return false
    const { kept, bytes, lineFeeds: found } = segment.skipTo(good)
    const isTold = good === end && unread !== null && unread >= this.#lineFeeds
    const lineFeeds = isTold ? unread - this.#lineFeeds : found
    this.#lineFeeds += lineFeeds
    if (good <= floor) return true
    const from = { epoch, place: placeOf(sequence, offset) }
    const to = { epoch, place: placeOf(sequence, good) }
    this.#notice({ kind: 'corrupt', from, to, bytes, lineFeeds, file: this.#keep(from, kept) })
    return true
  }

  /** As `pass`, once bytes have stayed for a second that a healthy writer would have finished. */
  passStuck(segment: SegmentFile, floor: number): boolean {
    const { size } = segment
    const now = performance.now()
    if (size <= segment.offset) this.#stuckSince = 0
    else if (this.#stuckSince === 0) this.#stuckSince = now
    else if (now - this.#stuckSince >= STUCK_MS) {
      this.#stuckSince = now
      return this.pass(segment, size, true, floor)
    }
    return false
  }

  /** Another segment is at hand. */
  enter(): void {
    this.#lineFeeds = 0
    this.clear()
  }

  /** A good frame was found: what lay behind the one before was merely unfinished. */
  clear(): void {
    this.#stuckSince = 0
  }

  #keep(at: Position, bytes: Uint8Array): string | null {
    const file = join(this.#directory, `${formatPosition(at.epoch, at.place)}.bin`)
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o750 })
      if (!lstatSync(this.#directory).isDirectory() || !this.#hasRoom(bytes.length)) return null
      // Not over a file that is there: the same bytes were kept before the service was started again.
      writeFileSync(file, bytes, { mode: 0o640, flag: 'wx' })
      return file
    } catch {
      return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : null
    }
  }

  #hasRoom(bytes: number): boolean {
    const names = readdirSync(this.#directory)
    const sizes = names.map((name) => lstatSync(join(this.#directory, name)).size)
    const used = sizes.reduce((sum, size) => sum + size, 0)
    return names.length < MAX_FILES && used + bytes <= MAX_BYTES
  }
}
