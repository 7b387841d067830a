import { type Batch, createBatch, Framing, MARK_WIDTH, MarkKind, placeAt } from '../model/batch.ts'
import { Reject, type Result, resetResult } from '../model/result.ts'

/**
 * Cutting a batch that no worker survives, down to the record that ends them. Any cut at a record
 * end is as good as the framer's: the stitcher's output does not depend on it.
 */

const LF = 0x0a
/** audisp header: version, header length, type, payload length; 4 bytes each, of the host's order. */
const HEADER_BYTES = 16
/** Payload bytes of a padded binary record (MAX_AUDIT_MESSAGE_LENGTH). */
const PADDED_BYTES = 8970

/** The two halves of a batch, over the same bytes, or null when it holds a single record. */
export function halves(batch: Batch): readonly [Batch, Batch] | null {
  const cut = cutOf(batch)
  return cut === null ? null : [piece(batch, 0, cut), piece(batch, cut, batch.length)]
}

/** Makes the single record of a batch a reject, in an empty result. */
export function convict(batch: Batch, result: Result): void {
  resetResult(result)
  const text = batch.framing === Framing.Text
  let end = batch.length
  if (text && batch.bytes[end - 1] === LF) end--
  const { rejects, counts } = result
  rejects.start[0] = text ? 0 : Math.min(HEADER_BYTES, end)
  rejects.end[0] = end
  rejects.reason[0] = Reject.Poison
  rejects.count = 1
  counts.lines = 1
  counts.rejected = 1
  counts.bytes = batch.length
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

function* recordEnds({ bytes, length, framing }: Batch): Generator<number> {
  if (framing === Framing.Text) {
    for (let at = bytes.indexOf(LF); at !== -1 && at < length; at = bytes.indexOf(LF, at + 1))
      yield at + 1
    return
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  for (let at = 0; at + HEADER_BYTES <= length; ) {
    const payload = framing === Framing.BinaryExact ? view.getUint32(at + 12, true) : PADDED_BYTES
    at += HEADER_BYTES + payload
    yield Math.min(at, length)
  }
}

/** Bytes `[from, to)` of a batch as a batch of its own, with the marks that lie there. */
function piece(batch: Batch, from: number, to: number): Batch {
  const last = to === batch.length
  const marks: number[] = []
  let clock = 0
  for (let mark = 0; mark < batch.markCount; mark++) {
    const [offset, time, place, kind] = batch.marks.subarray(mark * MARK_WIDTH)
    if (offset < from) {
      if (kind === MarkKind.Clock) clock = time
      continue
    }
    if (offset >= to && !last) break
    if (marks.length === 0 && (offset > from || kind !== MarkKind.Clock))
      marks.push(0, clock, placeAt(batch, from), MarkKind.Clock)
    marks.push(offset - from, time, place, kind)
  }
  if (marks.length === 0) marks.push(0, clock, placeAt(batch, from), MarkKind.Clock)
  const cut = createBatch(batch.bytes.subarray(from, to), Float64Array.from(marks))
  cut.length = to - from
  cut.framing = batch.framing
  cut.epoch = batch.epoch
  cut.boot = batch.boot
  cut.markCount = marks.length / MARK_WIDTH
  cut.torn = batch.torn && last
  cut.continued = batch.continued && from === 0
  cut.final = batch.final && last
  return cut
}
