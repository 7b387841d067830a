import { type Batch, MARK_WIDTH, placeAt } from '../model/batch.ts'
import { type Closing, compareClosings, type Position } from '../model/place.ts'
import { Close, type Result } from '../model/result.ts'
import { headOf } from './open-event.ts'

/** What closes at one place, in order. */
const Rank = {
  /** At a mark: quiet. */
  Mark: 0,
  /** Because a line of another event passes. */
  Pass: 1,
  /** At its own line. */
  Line: 2,
  /** With the batch: at the end of the stream, or under pressure. */
  End: 3,
} as const

/** Where an event closed and, among those that close there, where it began. */
export interface Order {
  readonly place: number
  readonly rank: number
  readonly first: Position
}

/** A place after every other of an epoch. */
const LAST_PLACE = Number.MAX_SAFE_INTEGER

/** Place of the first byte of a line. */
function placeOfLine(batch: Batch, result: Result, line: number): number {
  return placeAt(batch, result.lines.start[line] - headOf(batch.framing))
}

/**
 * The order of a closed row of a batch, or of a replay (whose `lineMarks` are given).
 *
 * @param end - where the batch ends.
 */
export function orderOf(
  batch: Batch,
  result: Result,
  row: number,
  end: Closing,
  lineMarks: ReadonlySet<number> | null,
): Order {
  const { close, closeLine, closeMark, first } = result.events
  const from = { epoch: batch.epoch, place: placeOfLine(batch, result, first[row]) }
  const mark = closeMark[row]
  if (closeLine[row] >= 0) {
    const rank = close[row] === Close.Proctitle ? Rank.Pass : Rank.Line
    return { place: placeOfLine(batch, result, closeLine[row]), rank, first: from }
  }
  if (mark < 0) return { place: end.place, rank: Rank.End, first: from }
  const rank = lineMarks?.has(mark) ? Rank.Pass : Rank.Mark
  return { place: batch.marks[mark * MARK_WIDTH + 2], rank, first: from }
}

/** Negative, zero or positive as `a` comes before, with or after `b` in the output. */
export function compareOrders(a: Order, b: Order): number {
  return (
    a.place - b.place ||
    a.rank - b.rank ||
    a.first.epoch - b.first.epoch ||
    a.first.place - b.first.place
  )
}

/** Whether what closes in this order, in this epoch, was delivered with `done`. */
export function isDone(epoch: number, order: Order, done: Closing): boolean {
  const closing = { epoch, place: order.place, line: order.rank !== Rank.Mark }
  return compareClosings(closing, done) <= 0
}

/** The last closing that a batch can bring: at its last byte or mark, or with the epoch. */
export function endOf(batch: Batch): Closing {
  const { epoch, marks, markCount, length } = batch
  if (batch.final) return { epoch, place: LAST_PLACE, line: true }
  const byte = length > 0 ? placeAt(batch, length - 1) : -1
  const mark = markCount > 0 ? marks[(markCount - 1) * MARK_WIDTH + 2] : -1
  return mark > byte ? { epoch, place: mark, line: false } : { epoch, place: byte, line: true }
}
