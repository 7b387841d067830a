import { addMark, createBatch, MarkKind } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import { PLAIN_EPOCH } from '../../src/model/place.ts'
import { createResult, Reject } from '../../src/model/result.ts'

/** What a block for a sink test holds: finished lines, in runs, and rejects. */
export interface BlockParts {
  /** Each run is one stretch of output, kept apart from the next by bytes that belong to nobody. */
  readonly runs?: readonly string[]
  readonly rejects?: readonly Uint8Array[]
  readonly rejectsFrom?: number
  /** Place of the first byte of the batch. */
  readonly place?: number
  readonly epoch?: number
}

/** A block as the stitcher would give it, on memory of its own. */
export function blockOf(parts: BlockParts): Block {
  const runs = parts.runs ?? []
  const rejects = parts.rejects ?? []
  const epoch = parts.epoch ?? PLAIN_EPOCH
  const place = parts.place ?? 0
  const batch = createBatch(new Uint8Array(1 << 16))
  batch.epoch = epoch
  addMark(batch, 0, 0, place, MarkKind.Clock)
  const result = createResult({ lines: 8, events: 8, rejects: 64, out: 1 << 16 })
  for (const reject of rejects) {
    const row = result.rejects.count++
    result.rejects.start[row] = batch.length
    batch.bytes.set(reject, batch.length)
    batch.length += reject.length
    result.rejects.end[row] = batch.length
    result.rejects.reason[row] = Reject.Header
    batch.bytes[batch.length++] = 0x0a
  }
  const placed = runs.map((text) => {
    const start = result.outLength
    const bytes = Buffer.from(text)
    result.out.set(bytes, start)
    result.outLength += bytes.length
    result.out.set(Buffer.from('<nobody>'), result.outLength)
    result.outLength += 8
    return { batch, result, from: 0, to: 0, start, end: start + bytes.length }
  })
  return {
    batch,
    result,
    counts: result.counts,
    runs: placed,
    rejectsFrom: parts.rejectsFrom ?? 0,
    done: { epoch, place: place + batch.length, line: false },
    resume: { epoch, place: place + batch.length },
  }
}
