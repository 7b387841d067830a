import { type Batch, placeAt } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import { type Closing, compareClosings } from '../../src/model/place.ts'
import { createCounts, type Result } from '../../src/model/result.ts'

/** The stitcher that goes with `lineDecode`: nothing is ever open, so it only drops what was done. */
export function lineStitcher(done: Closing | null): {
  push(batch: Batch, result: Result): Block
} {
  return {
    push: (batch, result) => {
      const { epoch } = batch
      let from = 0
      const isDone = (row: number): boolean => {
        const place = placeAt(batch, result.lines.start[row])
        return done !== null && compareClosings({ epoch, place, line: true }, done) <= 0
      }
      while (from < result.orderCount && isDone(from)) from++
      const to = result.orderCount
      const end = { epoch, place: placeAt(batch, batch.length) }
      const start = from < to ? result.events.outStart[from] : result.outLength
      return {
        batch,
        result,
        counts: { ...createCounts(), lines: to - from },
        runs: from < to ? [{ batch, result, from, to, start, end: result.outLength }] : [],
        rejectsFrom: 0,
        done: { ...end, line: false },
        resume: end,
        open: [],
      }
    },
  }
}
