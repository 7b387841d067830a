import {
  addMark,
  type Batch,
  clockAt,
  createBatch,
  MARK_WIDTH,
  MarkKind,
  placeAt,
} from '../model/batch.ts'
import { PLAIN_EPOCH } from '../model/place.ts'
import { createResult, type Result, roomFor } from '../model/result.ts'
import { PROCTITLE } from '../tables/single.ts'
import { headOf, keptFraming, type OpenEvent } from './open-event.ts'

/** Bytes behind the last line that a decoder may look at: without them it would copy the batch. */
const ROOM = 8

/**
 * One open event decoded again with what a batch brings of it (docs/stitching.md, at its end): a batch made
 * of its own lines alone, between marks that stand for all that passes in between.
 *
 * ```
 *   kept lines, each with a mark of its own │ the batch's marks, its lines of the event, and a Pass mark
 *                                           │ where a line of another event comes after a PROCTITLE
 * ```
 */
export interface Replay {
  readonly batch: Batch
  readonly result: Result
  /** Marks of the replay that stand for a line of another event: what closes there closes at a line. */
  readonly lineMarks: ReadonlySet<number>
}

/**
 * Builds the batch in which `open` is decoded again with the batch's lines `own`, which belong to it;
 * without `open`, those lines alone.
 *
 * @param wasLast - the stream's last line before this batch was the open event's.
 */
export function buildReplay(
  open: OpenEvent | null,
  wasLast: boolean,
  batch: Batch,
  result: Result,
  own: readonly number[],
): Replay {
  const head = headOf(batch.framing)
  const tail = head === 0 ? 1 : 0
  let length = open?.bytes.length ?? 0
  for (const line of own) length += head + result.lines.end[line] - result.lines.start[line] + tail
  const marks = (open?.offsets.length ?? 0) + batch.markCount + own.length * 2 + 2
  const replay = createBatch(new Uint8Array(length + ROOM), new Float64Array(marks * MARK_WIDTH))
  replay.length = length
  replay.framing = open?.framing ?? keptFraming(batch.framing)
  replay.epoch = open?.first.epoch ?? batch.epoch
  replay.boot = open === null ? batch.boot : open.boot
  replay.final = batch.final
  let at = 0
  if (open !== null) {
    replay.bytes.set(open.bytes)
    at = open.bytes.length
    for (let i = 0; i < open.offsets.length; i++)
      addMark(replay, open.offsets[i], open.clocks[i], open.places[i], MarkKind.Place)
    const clock = open.clocks[open.clocks.length - 1]
    if (open.first.epoch === PLAIN_EPOCH && Number.isFinite(clock))
      addMark(replay, at, clock, open.places[open.places.length - 1], MarkKind.Clock)
  }
  const lineMarks = new Set<number>()
  let mark = 0
  const passMarks = (until: number): void => {
    for (; mark < batch.markCount && batch.marks[mark * MARK_WIDTH] <= until; mark++) {
      const from = mark * MARK_WIDTH
      addMark(replay, at, batch.marks[from + 1], batch.marks[from + 2], batch.marks[from + 3])
    }
  }
  const passLine = (line: number): void => {
    const start = result.lines.start[line] - head
    passMarks(start)
    lineMarks.add(replay.markCount)
    addMark(replay, at, clockAt(batch, start), placeAt(batch, start), MarkKind.Pass)
  }
  if (open?.titled && wasLast && result.lines.count > 0 && own[0] !== 0) passLine(0)
  for (let i = 0; i < own.length; i++) {
    const line = own[i]
    const start = result.lines.start[line] - head
    const end = result.lines.end[line]
    passMarks(start)
    addMark(replay, at, clockAt(batch, start), placeAt(batch, start), MarkKind.Place)
    replay.bytes.set(batch.bytes.subarray(start, end), at)
    at += end - start
    if (tail === 1) replay.bytes[at++] = 0x0a
    const follows = line + 1 < result.lines.count && own[i + 1] !== line + 1
    if (follows && result.lines.type[line] === PROCTITLE) passLine(line + 1)
  }
  passMarks(Number.POSITIVE_INFINITY)
  return { batch: replay, result: createResult(roomFor(length)), lineMarks }
}

/** Lines of the given event rows, in stream order. */
export function linesOf(result: Result, rows: readonly number[]): number[] {
  const own: number[] = []
  for (const row of rows)
    for (let line = result.events.first[row]; line >= 0; line = result.lines.next[line])
      own.push(line)
  return own.toSorted((a, b) => a - b)
}
