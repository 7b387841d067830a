/** Which segment comes when: the first one to read, the next, and what is missing in between. */

import type { Position } from '../model/place.ts'
import { byteOf, placeOf, sequenceOf } from '../model/place.ts'
import { isNewborn, listSegments } from './directory.ts'
import type { SegmentId } from './format.ts'
import { compareSegments } from './format.ts'
import type { Notice } from './notice.ts'
import { createWindow, SegmentFile } from './segment.ts'

/** Segments whose salts are remembered for checkpoints. */
const SALTS = 256

/** Data bytes and line feeds of an epoch up to some place. */
export interface Counters {
  bytes: number
  lineFeeds: number
}

/** Opens the segments of one spool for one reader. */
export class Trail {
  readonly #directory: string
  readonly #notice: (notice: Notice) => void
  readonly #window: Buffer = createWindow()
  readonly #salts = new Map<string, number>()

  constructor(directory: string, notice: (notice: Notice) => void) {
    this.#directory = directory
    this.#notice = notice
  }

  /** The highest epoch there is, 0 for none. Throws a `Failure` when the directory cannot be read. */
  newestEpoch(): number {
    return listSegments(this.#directory).at(-1)?.epoch ?? 0
  }

  /** Salt of the segment a position lies in, where it was opened lately. */
  saltOf(position: Position): number | null {
    return this.#salts.get(saltKey(position.epoch, sequenceOf(position.place))) ?? null
  }

  /**
   * The first segment to read: the oldest, or the one `from` lies in, then with the byte to go on at.
   * Where that one is gone, the oldest after it. Null when there is none that can be read yet.
   */
  first(from: Position | null, salt: number | null): { segment: SegmentFile; byte: number } | null {
    const ids = listSegments(this.#directory)
    const wanted = from && { epoch: from.epoch, sequence: sequenceOf(from.place) }
    const exact = wanted && ids.find((id) => compareSegments(id, wanted) === 0)
    const later = wanted && ids.find((id) => compareSegments(id, wanted) > 0)
    let segment = this.#open(exact ?? later ?? ids[0])
    if (!segment) return null
    if (from && exact) {
      if (salt === null || salt === segment.salt) return { segment, byte: byteOf(from.place) }
      // Another spool stands in place of the one that was read: all of it is new.
      segment.close()
      segment = this.#open(ids[0])
      if (!segment) return null
    }
    if (from) this.#skipped(from, segment, null)
    else this.#saySkippedStart(segment)
    return { segment, byte: 0 }
  }

  /** The next segment of the same writer, once its header can be read. */
  next({ epoch, sequence }: SegmentId): SegmentFile | null {
    return this.#open({ epoch, sequence: sequence + 1 })
  }

  /** The next segment of the same writer that is there and can be read. */
  nextKept(segment: SegmentFile): SegmentFile | null {
    const ids = listSegments(this.#directory).filter(
      (id) => id.epoch === segment.epoch && id.sequence > segment.sequence,
    )
    return firstOf(ids, (id) => this.#open(id))
  }

  /** The first segment of the next writer. */
  nextEpoch(segment: SegmentFile): SegmentFile | null {
    const ids = listSegments(this.#directory).filter((id) => id.epoch > segment.epoch)
    // One that was just born comes first, even if it has no header yet.
    const next = firstOf(
      ids,
      (id) => this.#open(id) ?? (isNewborn(this.#directory, id) ? 'wait' : null),
    )
    if (!next || next === 'wait') return null
    this.#saySkippedStart(next)
    return next
  }

  /** Says that what lies between a segment's end and a later one of its writer was deleted unread. */
  saySkipped(segment: SegmentFile, later: SegmentFile, before: Counters): void {
    this.#skipped(positionIn(segment), later, before)
  }

  #open(id: SegmentId | undefined): SegmentFile | null {
    const segment = id ? SegmentFile.open(this.#directory, id, this.#window) : null
    if (!segment) return null
    this.#salts.set(saltKey(segment.epoch, segment.sequence), segment.salt)
    if (this.#salts.size > SALTS) this.#salts.delete(this.#salts.keys().next().value ?? '')
    return segment
  }

  #saySkippedStart(segment: SegmentFile): void {
    if (segment.sequence === 0) return
    this.#skipped({ epoch: segment.epoch, place: 0 }, segment, { bytes: 0, lineFeeds: 0 })
  }

  #skipped(from: Position, to: SegmentFile, before: Counters | null): void {
    const { header, epoch, sequence } = to
    // One that was renamed or put there counts from elsewhere.
    const isAhead = header && before && header.bytes >= before.bytes
    this.#notice({
      kind: 'skipped',
      from,
      to: { epoch, place: placeOf(sequence, 0) },
      bytes: isAhead ? header.bytes - before.bytes : null,
      lineFeeds: isAhead ? header.lineFeeds - before.lineFeeds : null,
    })
  }
}

/** Where a segment's next frame starts. */
export function positionIn({ epoch, sequence, offset }: SegmentFile): Position {
  return { epoch, place: placeOf(sequence, offset) }
}

/** What the call gives for the first segment for which it gives anything. */
function firstOf<T>(ids: readonly SegmentId[], call: (id: SegmentId) => T | null): T | null {
  for (const id of ids) {
    const found = call(id)
    if (found !== null) return found
  }
  return null
}

function saltKey(epoch: number, sequence: number): string {
  return `${epoch}.${sequence}`
}
