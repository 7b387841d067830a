import type { Batch } from './batch.ts'
import type { Result } from './result.ts'

/** Finds who made events, in the lines of their records. */
export interface OriginReader {
  /** What follows are rows of this result of a batch, whose texts are known. */
  begin(batch: Batch, result: Result): void
  /** Fills in the columns of a row that say who made it. */
  take(row: number): void
}
