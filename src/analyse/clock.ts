import { type Batch, MARK_WIDTH, MarkKind } from '../model/batch.ts'
import type { Result } from '../model/result.ts'

/** Reads clocks off the marks of a batch, for offsets and rows that come in stream order. */
export class ClockReader {
  readonly #batch: Batch
  /** The last mark passed. */
  #mark = 0

  constructor(batch: Batch) {
    this.#batch = batch
  }

  /** Clock of the last mark at or before `offset`. */
  at(offset: number): number {
    const { marks, markCount } = this.#batch
    let mark = this.#mark
    while (mark + 1 < markCount && marks[(mark + 1) * MARK_WIDTH] <= offset) mark++
    this.#mark = mark
    return marks[mark * MARK_WIDTH + 1]
  }

  /** Clock at which a row closed; `otherwise` where that was at no mark or line. */
  ofClosing(result: Result, row: number, otherwise: number): number {
    const line = result.events.closeLine[row]
    if (line >= 0) return this.at(result.lines.start[line])
    const mark = result.events.closeMark[row]
    return mark >= 0 ? this.#batch.marks[mark * MARK_WIDTH + 1] : otherwise
  }
}

/** Clock of the batch's last mark. */
export function lastClock({ marks, markCount }: Batch): number {
  return marks[(markCount - 1) * MARK_WIDTH + 1]
}

/**
 * Clocks of the ticks in a batch, in order: marks without a byte between them and the next mark or
 * the batch's end.
 */
export function ticksOf(batch: Batch): number[] {
  const ticks: number[] = []
  const { marks, markCount, length } = batch
  for (let i = 0; i < markCount; i++) {
    const at = i * MARK_WIDTH
    const next = i + 1 < markCount ? marks[at + MARK_WIDTH] : length
    if (marks[at] === next && marks[at + 3] === MarkKind.Clock) ticks.push(marks[at + 1])
  }
  return ticks
}
