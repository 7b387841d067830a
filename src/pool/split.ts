import { type Batch, createBatch, Framing, MARK_WIDTH, MarkKind, placeAt } from '../model/batch.ts'
import { type BinaryCursor, createBinaryCursor, nextBinary } from '../model/binary.ts'
import { LF } from '../model/bytes.ts'
import { growTable, Reject, type Result, resetResult } from '../model/result.ts'

/**
 * Cutting a batch that no worker survives, down to the record that ends them. Any cut at a record
 * end is as good as the framer's: the stitcher's output does not depend on it.
 */

/** The two halves of a batch, over the same bytes, or null when it holds a single record. */
export function halves(batch: Batch): readonly [Batch, Batch] | null {
  const cut = cutOf(batch)
  return cut === null ? null : [piece(batch, 0, cut), piece(batch, cut, batch.length)]
}

/** Makes every record of a batch a reject, undecoded. */
export function convict(batch: Batch, result: Result): void {
  resetResult(result)
  const { rejects, counts } = result
  let from = 0
  for (const next of recordEnds(batch)) {
    const { start, end } = textOf(batch, from, next)
    from = next
    counts.lines++
    if (start === end) {
      counts.blank++
      continue
    }
    if (rejects.count === rejects.start.length) growTable(rejects)
    const row = rejects.count++
    rejects.start[row] = start
    rejects.end[row] = end
    rejects.reason[row] = Reject.Poison
    counts.rejected++
  }
  counts.bytes = batch.length
}

function textOf(batch: Batch, from: number, to: number): { start: number; end: number } {
  if (batch.framing !== Framing.Text) return binaryRecord(batch, from)
  return { start: from, end: batch.bytes[to - 1] === LF ? to - 1 : to }
}

/** The record end nearest the middle that leaves bytes on both sides. */
function cutOf(batch: Batch): number | null {
  const middle = batch.length >>> 1
  let best: number | null = null
  for (const end of recordEnds(batch)) {
    if (end >= batch.length) break
    if (best === null || middle - best > Math.abs(end - middle)) best = end
    if (end >= middle) break
  }
  return best
}

/** Where each record ends and the next begins; the last one may lack its line feed. */
function* recordEnds(batch: Batch): Generator<number> {
  const { bytes, length, framing } = batch
  for (let at = 0; at < length; ) {
    if (framing === Framing.Text) {
      const feed = bytes.indexOf(LF, at)
      at = feed === -1 || feed >= length ? length : feed + 1
    } else at = binaryRecord(batch, at).next
    yield at
  }
}

function binaryRecord({ bytes, length, framing }: Batch, at: number): BinaryCursor {
  const cursor = createBinaryCursor()
  nextBinary(cursor, bytes, at, length, framing === Framing.BinaryPadded, true)
  return cursor
}

/** Bytes `[from, to)` of a batch as a batch of its own, with the marks that lie there. */
function piece(batch: Batch, from: number, to: number): Batch {
  const last = to === batch.length
  const marks: number[] = []
  let clock = 0
  for (let mark = 0; mark < batch.markCount; mark++) {
    const [offset, time, place, kind] = batch.marks.subarray(mark * MARK_WIDTH)
    if (offset < from) {
      if (kind !== MarkKind.Pass) clock = time
      continue
    }
    if (offset >= to && !last) break
    if (marks.length === 0 && (offset > from || kind === MarkKind.Pass))
      marks.push(0, clock, placeAt(batch, from), MarkKind.Place)
    marks.push(offset - from, time, place, kind)
  }
  if (marks.length === 0) marks.push(0, clock, placeAt(batch, from), MarkKind.Place)
  const cut = createBatch(batch.bytes.subarray(from, to), Float64Array.from(marks))
  cut.length = to - from
  cut.framing = batch.framing
  cut.epoch = batch.epoch
  cut.boot = batch.boot
  cut.wall = batch.wall
  cut.markCount = marks.length / MARK_WIDTH
  cut.torn = batch.torn && last
  cut.continued = batch.continued && from === 0
  cut.final = batch.final && last
  return cut
}
