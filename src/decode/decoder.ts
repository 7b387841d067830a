import { type Batch, Framing, MARK_WIDTH, MarkKind } from '../model/batch.ts'
import {
  type BinaryCursor,
  binaryType,
  createBinaryCursor,
  Found,
  nextBinary,
} from '../model/binary.ts'
import { CR, LF } from '../model/bytes.ts'
import { MAX_LINE } from '../model/limits.ts'
import { PLAIN_EPOCH } from '../model/place.ts'
import { Close, growTable, Reject, type Result, resetResult } from '../model/result.ts'
import { EOE } from '../tables/single.ts'
import { type EventOptions, NativeWriter } from './event.ts'
import { Header } from './header.ts'
import { type EventWriter, Joiner } from './joiner.ts'
import { OriginFinder } from './origins.ts'
import { RawWriter } from './raw.ts'
import { viewOf, withSlack } from './words.ts'

const FIRST_OF_AUDIT = 0x61

/** How a decoder writes events. */
export interface DecodeOptions extends EventOptions {
  /** `native`: JSON in LAUREL's layout. `raw`: the lines themselves. */
  readonly format: 'native' | 'raw'
  /** Finds who made the events as they close, for analysis, as long as these do not come fast. */
  readonly origins?: boolean
}

/**
 * The pure function `f(lines, marks)` of the stitching rule: decodes one batch as if nothing came
 * before it. Holds no state between batches but reused memory.
 *
 * One pass: find a record's end, read its header, give it to the joiner; what the joiner closes is
 * written at once, while its bytes are still in the cache.
 */
export class Decoder {
  readonly #writer: NativeWriter | RawWriter
  readonly #origins: OriginFinder | null
  readonly #joiner: Joiner
  readonly #header = new Header()
  readonly #cursor: BinaryCursor = createBinaryCursor()
  #batch!: Batch
  #result!: Result
  /** The bytes of the last batch, and the same as words: slots come again. */
  #viewed: Uint8Array = new Uint8Array(0)
  #view = viewOf(this.#viewed)
  #mark = 0
  #nextMark = Number.POSITIVE_INFINITY

  constructor(options: DecodeOptions) {
    this.#writer = options.format === 'raw' ? new RawWriter() : new NativeWriter(options)
    this.#origins = options.origins === true ? new OriginFinder() : null
    this.#joiner = new Joiner(
      this.#origins === null ? this.#writer : writeBoth(this.#writer, this.#origins),
    )
  }

  /**
   * Decodes `batch` into `result`, which is emptied first. Never throws on what the bytes are.
   * What is open at the end of a final batch closes for the reason `end`.
   */
  decode(batch: Batch, result: Result, end: Close = Close.End): void {
    const bytes = withSlack(batch.bytes, batch.length)
    if (bytes !== batch.bytes) {
      this.decode({ ...batch, bytes }, result, end)
      return
    }
    this.#batch = batch
    this.#result = result
    resetResult(result)
    result.counts.bytes = batch.length
    if (batch.bytes !== this.#viewed) {
      this.#viewed = batch.bytes
      this.#view = viewOf(batch.bytes)
    }
    this.#header.begin(this.#view)
    this.#writer.begin(batch, result, this.#view)
    this.#origins?.begin(batch, result)
    this.#joiner.begin(batch.bytes, result, batch.epoch === PLAIN_EPOCH)
    this.#mark = 0
    this.#nextMark = batch.markCount > 0 ? batch.marks[0] : Number.POSITIVE_INFINITY
    if (batch.framing === Framing.Text) this.#text()
    else this.#binary(batch.framing === Framing.BinaryPadded)
    this.#passMarks(Number.POSITIVE_INFINITY)
    if (batch.final) this.#joiner.finish(end)
  }

  #text(): void {
    const { length, torn } = this.#batch
    const bytes = Buffer.from(this.#batch.bytes.buffer, this.#batch.bytes.byteOffset, length)
    let inLong = this.#batch.continued
    let at = 0
    while (at < length) {
      const feed = bytes.indexOf(LF, at)
      const end = feed < 0 ? length : feed
      if (end - at >= MAX_LINE) {
        this.#reject(at, at + MAX_LINE, Reject.Long)
        at += MAX_LINE
        inLong = true
        continue
      }
      const stop = end > at && bytes[end - 1] === CR ? end - 1 : end
      if (inLong && end > at) this.#reject(at, end, Reject.Long)
      else if (feed < 0 && torn) this.#reject(at, end, Reject.Torn)
      else if (isBlank(bytes, at, stop)) this.#blank(at)
      else this.#record(at, at, stop, -1)
      inLong = false
      at = end + 1
    }
  }

  #binary(padded: boolean): void {
    const { bytes, length, torn } = this.#batch
    const cursor = this.#cursor
    let at = 0
    while (at < length) {
      const found = nextBinary(cursor, bytes, at, length, padded, true)
      if (found === Found.Record) {
        const { start, end } = cursor
        const untyped = end > start && bytes[start] === FIRST_OF_AUDIT
        if (end === start) this.#blank(at)
        else this.#record(at, start, end, untyped ? binaryType(bytes, at) : -1)
      } else {
        const last = cursor.next >= length
        this.#reject(cursor.start, cursor.end, last && torn ? Reject.Torn : Reject.Binary)
      }
      at = cursor.next
    }
  }

  /** Takes the record whose text is `[start … end)` and which begins at `begin`. */
  #record(begin: number, start: number, end: number, binaryTypeNumber: number): void {
    if (begin >= this.#nextMark) this.#passMarks(begin)
    const { bytes } = this.#batch
    const result = this.#result
    const header = this.#header
    const reason =
      binaryTypeNumber < 0
        ? header.parse(bytes, start, end)
        : header.parseUntyped(bytes, start, end, binaryTypeNumber)
    if (reason >= 0) {
      this.#reject(start, end, reason as Reject)
      return
    }
    const lines = result.lines
    if (lines.count === lines.start.length) growTable(lines)
    const line = lines.count++
    lines.start[line] = start
    lines.end[line] = end
    lines.body[line] = header.body
    lines.type[line] = header.type
    result.counts.lines++
    if (header.type === EOE) result.counts.eoe++
    else result.counts.records++
    this.#joiner.line(line, header)
  }

  #blank(at: number): void {
    if (at >= this.#nextMark) this.#passMarks(at)
    this.#result.counts.lines++
    this.#result.counts.blank++
  }

  #reject(start: number, end: number, reason: Reject): void {
    if (start >= this.#nextMark) this.#passMarks(start)
    const rejects = this.#result.rejects
    if (rejects.count === rejects.start.length) growTable(rejects)
    const row = rejects.count++
    rejects.start[row] = start
    rejects.end[row] = end
    rejects.reason[row] = reason
    this.#result.counts.lines++
    this.#result.counts.rejected++
  }

  /** Lets the joiner see every mark at or before `offset`. */
  #passMarks(offset: number): void {
    const { marks, markCount } = this.#batch
    let mark = this.#mark
    while (mark < markCount && marks[mark * MARK_WIDTH] <= offset) {
      const at = mark * MARK_WIDTH
      switch (marks[at + 3]) {
        case MarkKind.Pass:
          this.#joiner.pass(mark)
          break
        case MarkKind.Place:
          this.#joiner.place(marks[at + 1])
          break
        default:
          this.#joiner.mark(mark, marks[at + 1])
      }
      mark++
    }
    this.#mark = mark
    this.#nextMark = mark < markCount ? marks[mark * MARK_WIDTH] : Number.POSITIVE_INFINITY
  }
}

/** Writes an event, which finds its keys, and then who made it: of what comes fast analysis looks at few. */
function writeBoth(writer: EventWriter, origins: OriginFinder): EventWriter {
  return {
    writeEvent: (row) => {
      writer.writeEvent(row)
      if (!origins.isFast(row)) origins.take(row)
    },
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++)
    if (bytes[at] !== 0x20 && bytes[at] !== 0x09 && bytes[at] !== CR) return false
  return true
}
