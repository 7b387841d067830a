import { type Batch, Framing, MARK_WIDTH, MarkKind, placeAt } from '../../model/batch.ts'
import { BINARY_HEADER } from '../../model/binary.ts'
import type { Result } from '../../model/result.ts'

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

/** The clock marks of a batch, one after the other. */
export class MarkReader {
  readonly #batch: Batch
  #mark = 0

  constructor(batch: Batch) {
    this.#batch = batch
  }

  /** Clock of the next mark, or infinity behind the last. */
  get clock(): number {
    return this.#mark < this.#batch.markCount ? this.#number(1) : Number.POSITIVE_INFINITY
  }

  /** Its place. */
  get place(): number {
    return this.#number(2)
  }

  /** It has no byte between it and the next mark or the batch's end. */
  get isTick(): boolean {
    const { marks, markCount, length } = this.#batch
    const next = this.#mark + 1
    const end = next < markCount ? marks[next * MARK_WIDTH] : length
    return this.#number(0) === end && this.#number(3) === MarkKind.Clock
  }

  /** There is one more. */
  get more(): boolean {
    return this.#mark < this.#batch.markCount
  }

  /** Goes on to the next mark. */
  pass(): void {
    this.#mark++
  }

  #number(column: number): number {
    return this.#batch.marks[this.#mark * MARK_WIDTH + column]
  }
}

/** Place at which a row closed; `otherwise` where that was at no mark or line. */
export function placeOfClosing(
  batch: Batch,
  { events, lines }: Result,
  row: number,
  otherwise: number,
): number {
  const line = events.closeLine[row]
  const head = batch.framing === Framing.Text ? 0 : BINARY_HEADER
  if (line >= 0) return placeAt(batch, lines.start[line] - head)
  const mark = events.closeMark[row]
  return mark >= 0 ? batch.marks[mark * MARK_WIDTH + 2] : otherwise
}

/** Place of the first line of a row. */
export function placeOfFirst(batch: Batch, { events, lines }: Result, row: number): number {
  const head = batch.framing === Framing.Text ? 0 : BINARY_HEADER
  return placeAt(batch, lines.start[events.first[row]] - head)
}
