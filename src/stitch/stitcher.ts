import { type Batch, clockAt, createBatch, MARK_WIDTH, MarkKind, placeAt } from '../model/batch.ts'
import type { Block } from '../model/delivery.ts'
import { MAX_OPEN_BYTES, MAX_OPEN_EVENTS, QUIET_MS } from '../model/limits.ts'
import { type Closing, compareClosings, comparePositions, type Position } from '../model/place.ts'
import { Close, createResult, type Result } from '../model/result.ts'
import { endOf, orderOf } from './closing.ts'
import { isSameEvent, keepOpen, type OpenEvent } from './open-event.ts'
import { buildReplay, linesOf, type Replay } from './replay.ts'
import { mergeRuns, type Stitched } from './runs.ts'

/** What the stitcher needs of a decoder. */
export interface BatchDecoder {
  decode(batch: Batch, result: Result, end?: Close): void
}

/** What a stitcher needs. */
export interface StitcherOptions {
  /** The same function that decoded the batches. */
  readonly decoder: BatchDecoder
  /** What closes at or before this was delivered; null at the very start. */
  readonly done: Closing | null
  /** @default MAX_OPEN_EVENTS */
  readonly maxOpenEvents?: number
  /** @default MAX_OPEN_BYTES */
  readonly maxOpenBytes?: number
}

/**
 * Makes the results of batches exact (docs/stitching.md, at its end). Takes them in order and keeps the
 * events that are open between them:
 *
 * ```
 *  batch n-1 │ ········ A₁ A₂ B₁ │   open: A, B
 *  batch n   │ A₃ ····· B₂ ····· │   its provisional events of A and B go; A₁A₂A₃ and B₁B₂ are
 *                                    decoded again and put where they close
 * ```
 *
 * Everything else of a batch passes as it is, in runs of finished bytes: the cost lies in the events
 * that lie across a cut, not in the events.
 */
export class Stitcher {
  readonly #options: StitcherOptions
  readonly #maxEvents: number
  readonly #maxBytes: number
  #open: OpenEvent[] = []
  #done: Closing | null
  /** The open event that the last line of the stream so far belongs to. */
  #last: OpenEvent | null = null
  /** First byte after what was read. */
  #next: Position | null = null
  /** Clock at which the first of the open events has been quiet for long enough. */
  #due = Number.POSITIVE_INFINITY
  /** Some open event waits for a mark after its last line, to take its clock from. */
  #undated = false

  constructor(options: StitcherOptions) {
    this.#options = options
    this.#done = options.done
    this.#maxEvents = options.maxOpenEvents ?? MAX_OPEN_EVENTS
    this.#maxBytes = options.maxOpenBytes ?? MAX_OPEN_BYTES
  }

  /** Events open now. */
  get openEvents(): number {
    return this.#open.length
  }

  /** Takes the next batch and its result; gives what is final with it. */
  push(batch: Batch, result: Result): Block {
    const end = endOf(batch)
    const taken = new Uint8Array(result.events.count)
    const stitched: Stitched[] = []
    if (this.#open.length > 0) this.#replayOpen(batch, result, taken, stitched, end)
    this.#keepNew(batch, result, taken)
    this.#relieve(batch, stitched, end)
    this.#due = Number.POSITIVE_INFINITY
    this.#undated = false
    for (const { clocks } of this.#open) {
      const clock = clocks[clocks.length - 1]
      this.#due = Math.min(this.#due, clock + QUIET_MS)
      this.#undated ||= !Number.isFinite(clock)
    }
    return this.#block(batch, result, taken, stitched, end)
  }

  /** Decodes again every open event that the batch brings lines of, or an end. */
  #replayOpen(
    batch: Batch,
    result: Result,
    taken: Uint8Array,
    stitched: Stitched[],
    end: Closing,
  ): void {
    const rowsOf = this.#rowsOfOpen(batch, result, taken)
    const clock = clockAt(batch, batch.length)
    const due =
      batch.final || clock >= this.#due || (this.#undated && hasMark(batch, MarkKind.Clock))
    const passed = result.lines.count > 0 || hasMark(batch, MarkKind.Pass)
    const before = this.#open
    this.#open = []
    for (const event of before) {
      const rows = rowsOf.get(event)
      const wasLast = event === this.#last
      if (rows === undefined && !due && !(wasLast && passed)) {
        this.#open.push(event)
        continue
      }
      const index = this.#open.length
      this.#replay(event, batch, result, linesOf(result, rows ?? []), stitched, end)
      if (wasLast) this.#last = this.#open[index] ?? null
    }
  }

  /** Rows of the batch that belong to each open event; they are marked as taken. */
  #rowsOfOpen(batch: Batch, result: Result, taken: Uint8Array): Map<OpenEvent, number[]> {
    const bySerial = new Map<number, OpenEvent[]>()
    for (const event of this.#open) {
      const alike = bySerial.get(event.serial)
      if (alike === undefined) bySerial.set(event.serial, [event])
      else alike.push(event)
    }
    const rowsOf = new Map<OpenEvent, number[]>()
    const { count, serial } = result.events
    for (let row = 0; row < count; row++) {
      const event = bySerial.get(serial[row])?.find((one) => isSameEvent(one, batch, result, row))
      if (event === undefined) continue
      taken[row] = 1
      const rows = rowsOf.get(event)
      if (rows === undefined) rowsOf.set(event, [row])
      else rows.push(row)
    }
    return rowsOf
  }

  #replay(
    event: OpenEvent,
    batch: Batch,
    result: Result,
    own: readonly number[],
    stitched: Stitched[],
    end: Closing,
  ): void {
    const { decoder } = this.#options
    const replay = buildReplay(event, event === this.#last, batch, result, own)
    decoder.decode(replay.batch, replay.result)
    const across = event.first.epoch !== batch.epoch && replay.result.events.count > 1
    this.#take(replay, across ? 1 : replay.result.events.count, event.first, stitched, end)
    if (!across) return
    // What came after the event closed has its positions in the new epoch: those lines go alone.
    const kept = event.offsets.length
    const later = own.filter((_, i) => replay.result.lines.event[kept + i] !== 0)
    const rest = buildReplay(null, false, batch, result, later)
    decoder.decode(rest.batch, rest.result)
    this.#take(rest, rest.result.events.count, null, stitched, end)
  }

  /** Takes the first `count` events of a replay: what closed is stitched, what did not is open. */
  #take(
    replay: Replay,
    count: number,
    first: Position | null,
    stitched: Stitched[],
    end: Closing,
  ): void {
    const { batch, result, lineMarks } = replay
    const { close } = result.events
    for (let row = 0; row < count; row++) {
      if (close[row] === Close.Orphan) continue
      if (close[row] === Close.Open)
        this.#open.push(keepOpen(batch, result, row, row === 0 ? first : null))
      else stitched.push({ ...orderOf(batch, result, row, end, lineMarks), replay, row })
    }
  }

  /** Keeps what began in the batch and is open at its end. */
  #keepNew(batch: Batch, result: Result, taken: Uint8Array): void {
    const { count, close } = result.events
    for (let row = 0; row < count; row++)
      if (close[row] === Close.Open && taken[row] === 0)
        this.#open.push(keepOpen(batch, result, row, null))
    if (result.lines.count === 0) return
    const last = result.lines.event[result.lines.count - 1]
    this.#last = this.#open.find((event) => isSameEvent(event, batch, result, last)) ?? null
  }

  /** Closes the oldest where more is open than may be (docs/stitching.md, 8). */
  #relieve(batch: Batch, stitched: Stitched[], end: Closing): void {
    let bytes = 0
    for (const event of this.#open) bytes += event.bytes.length
    if (this.#open.length <= this.#maxEvents && bytes <= this.#maxBytes) return
    this.#open.sort((a, b) => comparePositions(a.first, b.first))
    const nothing = createBatch(new Uint8Array(0), new Float64Array(0))
    nothing.epoch = batch.epoch
    nothing.final = true
    const empty = createResult({ lines: 0, events: 0, rejects: 0, texts: 0, out: 0 })
    let closed = 0
    while (this.#open.length - closed > this.#maxEvents || bytes > this.#maxBytes) {
      const event = this.#open[closed++]
      bytes -= event.bytes.length
      if (event === this.#last) this.#last = null
      const replay = buildReplay(event, false, nothing, empty, [])
      this.#options.decoder.decode(replay.batch, replay.result, Close.Pressure)
      this.#take(replay, 1, event.first, stitched, end)
    }
    this.#open.splice(0, closed)
  }

  #block(
    batch: Batch,
    result: Result,
    taken: Uint8Array,
    stitched: readonly Stitched[],
    end: Closing,
  ): Block {
    const done = this.#done
    const runs = mergeRuns(batch, result, taken, stitched, end, done)
    let rejectsFrom = 0
    if (done !== null) {
      const isOld = (row: number): boolean => {
        const place = placeAt(batch, result.rejects.start[row])
        return compareClosings({ epoch: batch.epoch, place, line: true }, done) <= 0
      }
      while (rejectsFrom < result.rejects.count && isOld(rejectsFrom)) rejectsFrom++
      if (compareClosings(end, done) >= 0) this.#done = null
    }
    if (batch.length > 0)
      this.#next = { epoch: batch.epoch, place: placeAt(batch, batch.length - 1) + 1 }
    else this.#next ??= { epoch: batch.epoch, place: batch.marks[2] }
    return {
      batch,
      result,
      counts: result.counts,
      runs,
      rejectsFrom,
      done: this.#done ?? end,
      resume: this.#resume(this.#next),
      open: [...this.#open],
    }
  }

  #resume(next: Position): Position {
    let resume = next
    for (const { first } of this.#open) if (comparePositions(first, resume) < 0) resume = first
    return resume
  }
}

function hasMark(batch: Batch, kind: MarkKind): boolean {
  for (let mark = 0; mark < batch.markCount; mark++)
    if (batch.marks[mark * MARK_WIDTH + 3] === kind) return true
  return false
}
