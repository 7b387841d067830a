import { BATCH_CAPACITY, MAX_MARKS } from './limits.ts'

/** How records lie in a batch's bytes. */
export const Framing = {
  /** Lines ended by LF. */
  Text: 0,
  /** audisp binary, header and exactly `size` payload bytes (auditd ≥ 4.1.1). */
  BinaryExact: 1,
  /** audisp binary, header and always 8,970 payload bytes (auditd ≤ 4.1.0). */
  BinaryPadded: 2,
} as const
export type Framing = (typeof Framing)[keyof typeof Framing]

/** What a mark says besides its clock. */
export const MarkKind = {
  /** The stream's clock moves on here; also the place of the byte at its offset. */
  Clock: 0,
  /** A record of another event passes here: what waits after PROCTITLE closes. */
  Pass: 1,
  /** Only the place of the byte at its offset and the clock that holds there: nothing moves on. */
  Place: 2,
} as const
export type MarkKind = (typeof MarkKind)[keyof typeof MarkKind]

/** Numbers per mark in `Batch.marks`: offset in the batch, clock in ms, place, kind. */
export const MARK_WIDTH = 4

/**
 * One batch of whole records, cut by the framer and decoded by any worker as if nothing came before.
 *
 * ```
 * bytes  │ line │ line │ line │ … │ line │            length ≤ capacity, a record end (or `torn`)
 * marks  ▲            ▲              ▲                 offsets into bytes, ascending
 *        first mark at offset 0: it places the first byte
 * ```
 *
 * The bytes of a batch stay untouched until its result is done with, so that it can be decoded again.
 */
export interface Batch {
  /** Record bytes; only the first `length` count. */
  readonly bytes: Uint8Array
  length: number
  framing: Framing
  /** Writer epoch the bytes come from, 0 without a spool. */
  epoch: number
  /** Boot id of that epoch, or null where unknown. */
  boot: string | null
  /** What added to a clock gives ms since the epoch, by the first frame in it; NaN where unknown. */
  wall: number
  /** MARK_WIDTH numbers each: offset, clock (ms), place, kind. */
  readonly marks: Float64Array
  markCount: number
  /** The last record is cut off by a gap or the end of its writer: a reject, never a record. */
  torn: boolean
  /** The first line is the rest of an over-long line that began in an earlier batch. */
  continued: boolean
  /** The stream ends after this batch: every open event closes. */
  final: boolean
}

/** An empty batch over the given memory (own memory when none is given). */
export function createBatch(
  bytes: Uint8Array = new Uint8Array(BATCH_CAPACITY),
  marks: Float64Array = new Float64Array(MAX_MARKS * MARK_WIDTH),
): Batch {
  return {
    bytes,
    length: 0,
    framing: Framing.Text,
    epoch: 0,
    boot: null,
    wall: Number.NaN,
    marks,
    markCount: 0,
    torn: false,
    continued: false,
    final: false,
  }
}

/** Makes a batch empty again, keeping its memory. */
export function resetBatch(batch: Batch): void {
  batch.length = 0
  batch.markCount = 0
  batch.torn = false
  batch.continued = false
  batch.final = false
}

/** Adds a mark; the caller keeps offsets ascending and leaves room. */
export function addMark(
  batch: Batch,
  offset: number,
  clock: number,
  place: number,
  kind: number,
): void {
  const at = batch.markCount++ * MARK_WIDTH
  batch.marks[at] = offset
  batch.marks[at + 1] = clock
  batch.marks[at + 2] = place
  batch.marks[at + 3] = kind
}

/**
 * The place of the byte at `offset`: that of the last mark that places bytes at or before it, plus the bytes
 * between. A batch's first mark lies at offset 0, so every byte of it has a place.
 */
export function placeAt(batch: Batch, offset: number): number {
  const at = governing(batch, offset)
  return batch.marks[at + 2] + (offset - batch.marks[at])
}

/** The clock that holds at `offset`, in ms. */
export function clockAt(batch: Batch, offset: number): number {
  return batch.marks[governing(batch, offset) + 1]
}

/** Index in `marks` of the last mark at or before `offset` that is no Pass mark. */
function governing(batch: Batch, offset: number): number {
  const { marks } = batch
  let low = 0
  let high = batch.markCount
  while (low < high) {
    const middle = (low + high) >>> 1
    if (marks[middle * MARK_WIDTH] <= offset) low = middle + 1
    else high = middle
  }
  let at = (low - 1) * MARK_WIDTH
  while (at > 0 && marks[at + 3] === MarkKind.Pass) at -= MARK_WIDTH
  return at
}
