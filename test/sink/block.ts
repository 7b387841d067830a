import { addMark, createBatch, MarkKind } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import { PLAIN_EPOCH } from '../../src/model/place.ts'
import { createResult, Reject, type Result } from '../../src/model/result.ts'

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

/** An event of a record at the first byte of the batch, with these finished bytes. */
function addEvent(result: Result, bytes: Uint8Array): void {
  const { events } = result
  const row = events.count++
  events.sec[row] = 1_767_225_605
  events.ms[row] = 16
  events.serial[row] = row + 1
  events.first[row] = 0
  events.outStart[row] = result.outLength
  result.out.set(bytes, result.outLength)
  result.outLength += bytes.length
  events.outEnd[row] = result.outLength
  result.order[result.orderCount++] = row
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
  const result = createResult({ lines: 8, events: 64, rejects: 64, texts: 0, out: 1 << 16 })
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
    const from = result.orderCount
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) addEvent(result, Buffer.from(line))
    const end = result.outLength
    result.out.set(Buffer.from('<nobody>'), end)
    result.outLength += 8
    return { batch, result, from, to: result.orderCount, start, end }
  })
  return {
    batch,
    result,
    counts: result.counts,
    runs: placed,
    rejectsFrom: parts.rejectsFrom ?? 0,
    done: { epoch, place: place + batch.length, line: false },
    resume: { epoch, place: place + batch.length },
    open: [],
  }
}
