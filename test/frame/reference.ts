import { type Batch, createBatch, Framing, MARK_WIDTH } from '../../src/model/batch.ts'
import { createBinaryCursor, Found, nextBinary } from '../../src/model/binary.ts'
import { MARK_BYTES, MAX_LINE } from '../../src/model/limits.ts'
import type { Piece } from '../../src/model/piece.ts'

/**
 * What a stream of batches says, free of how it was cut: epochs, the marks that move the clock, and
 * every line with its place and clock, in the order in which a decoder meets them.
 */
export type Story = string[]

/** One line, record or unreadable stretch, by offsets into its bytes. */
export interface Line {
  readonly at: number
  readonly start: number
  readonly end: number
  readonly flags: string
}

/** The lines of a batch as a decoder walks them. */
export function linesOf(batch: Batch): Line[] {
  return batch.framing === Framing.Text
    ? textLines(batch.bytes, batch.length, batch.continued, batch.torn)
    : binaryLines(batch)
}

function textLines(bytes: Uint8Array, length: number, rest: boolean, torn: boolean): Line[] {
  const lines: Line[] = []
  let long = rest
  for (let at = 0; at < length; ) {
    let end = at
    while (end < length && end - at < MAX_LINE && bytes[end] !== 10) end++
    const cut = end - at === MAX_LINE
    const whole = end < length && !cut
    const flags = [long || cut ? 'long' : '', torn && !cut && !whole ? 'torn' : '']
    lines.push({ at, start: at, end, flags: flags.join('') })
    long = cut || (long && !whole)
    at = whole ? end + 1 : end
  }
  return lines
}

function binaryLines(batch: Batch): Line[] {
  const lines: Line[] = []
  const cursor = createBinaryCursor()
  const padded = batch.framing === Framing.BinaryPadded
  for (let at = 0; at < batch.length; ) {
    const found = nextBinary(cursor, batch.bytes, at, batch.length, padded, true)
    const torn = batch.torn && cursor.next === batch.length
    const flags = found === Found.Bad ? (torn ? 'torn' : 'bad') : ''
    lines.push({ at, start: cursor.start, end: cursor.end, flags })
    at = cursor.next
  }
  return lines
}

interface Mark {
  readonly offset: number
  readonly clock: number
  readonly place: number
}

function marksOf(batch: Batch): Mark[] {
  const marks = Array.from({ length: batch.markCount }, (_, i) => {
    const [offset, clock, place] = batch.marks.subarray(i * MARK_WIDTH)
    return { offset, clock, place }
  })
  let last = 0
  if (marks[0].offset !== 0) throw new Error('no mark at the first byte')
  for (const { offset } of marks) {
    if (offset < last || offset > batch.length) throw new Error('a mark out of order')
    last = offset
  }
  return marks
}

/** Copies of the batches' contents, since a batch is used again. */
export function copyOf(batch: Batch): Batch {
  return {
    ...batch,
    bytes: batch.bytes.slice(0, batch.length),
    marks: batch.marks.slice(0, batch.markCount * MARK_WIDTH),
  }
}

/** The story that batches tell. */
export function storyOf(batches: readonly Batch[]): Story {
  const teller = new Teller()
  for (const batch of batches) {
    teller.epoch(batch.epoch, batch.boot)
    teller.stretch(batch.bytes, linesOf(batch), marksOf(batch))
    if (batch.final) teller.final()
  }
  return teller.story
}

class Teller {
  readonly story: Story = []
  #epoch = -1
  #clock = Number.NaN

  epoch(epoch: number, boot: string | null): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#clock = Number.NaN
    this.story.push(`epoch ${epoch} ${boot}`)
  }

  stretch(bytes: Uint8Array, lines: readonly Line[], marks: readonly Mark[]): void {
    let governing: Mark | undefined
    let next = 0
    const tell = (upTo: number): void => {
      for (; next < marks.length && marks[next].offset <= upTo; next++) {
        governing = marks[next]
        if (governing.clock !== this.#clock)
          this.story.push(`clock ${governing.clock} at ${governing.place}`)
        this.#clock = governing.clock
      }
    }
    for (const { at, start, end, flags } of lines) {
      tell(at)
      if (!governing) throw new Error('no mark before the line')
      const place = governing.place + at - governing.offset
      const text = Buffer.from(bytes.subarray(start, end)).toString('latin1')
      const shown =
        text.length > 80 ? `${text.slice(0, 40)}…${text.length}…${text.slice(-20)}` : text
      this.story.push(`line ${place} ${governing.clock} ${flags} ${shown}`)
    }
    tell(Number.POSITIVE_INFINITY)
  }

  final(): void {
    this.story.push('final')
  }
}

/** The story that pieces should tell, told by reading all of them at once. */
export function storyOfPieces(pieces: readonly Piece[]): Story {
  const teller = new Teller()
  for (const run of runsOf(pieces)) {
    teller.epoch(run.epoch, run.boot)
    const lines = textLines(run.bytes, run.bytes.length, false, run.torn)
    const marks = run.marks.map((mark) => ({ ...mark }))
    let newest = 0
    for (const mark of marks) {
      if (Number.isNaN(mark.clock)) {
        const line = lines.find(({ at }) => at >= mark.offset)
        const stamp = line && line.flags === '' ? naiveStamp(run.bytes, line) : Number.NaN
        if (stamp > newest) newest = stamp
        mark.clock = newest
      }
      newest = mark.clock
    }
    teller.stretch(run.bytes, lines, marks)
    if (run.final) teller.final()
  }
  return teller.story
}

function naiveStamp(bytes: Uint8Array, { start, end }: Line): number {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1')
  const opening = text.indexOf('audit(')
  if (opening < 0) return Number.NaN
  const match = /^audit\((\d{1,11})\.(\d{3}):\d{1,10}\)/.exec(text.slice(opening))
  return match ? Number(match[1]) * 1000 + Number(match[2]) : Number.NaN
}

interface Run {
  epoch: number
  boot: string | null
  bytes: Uint8Array
  marks: { offset: number; clock: number; place: number }[]
  torn: boolean
  final: boolean
}

/** Stretches of the stream without a gap or an end in them. */
function runsOf(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = []
  let chunks: Uint8Array[] = []
  let run: Run | null = null
  const close = (torn: boolean, final: boolean): void => {
    if (!run) return
    run.bytes = Buffer.concat(chunks)
    run.torn = torn
    run.final = final
    runs.push(run)
    run = null
    chunks = []
  }
  for (const piece of pieces) {
    if (run && run.epoch !== piece.epoch) close(run.epoch !== 0, false)
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (!run) {
      run = {
        epoch: piece.epoch,
        boot: piece.kind === 'data' ? piece.boot : null,
        bytes: new Uint8Array(),
        marks: [],
        torn: false,
        final: false,
      }
    }
    if (piece.kind === 'gap') close(true, false)
    else if (piece.kind === 'end') close(piece.epoch !== 0, piece.close)
    else if (piece.kind === 'tick')
      run.marks.push({ offset: length, clock: piece.clock, place: piece.place })
    else {
      if (piece.clock !== null)
        run.marks.push({ offset: length, clock: piece.clock, place: piece.place })
      else
        for (let i = 0; i < piece.bytes.length; i++)
          if ((piece.place + i) % MARK_BYTES === 0 || length + i === 0)
            run.marks.push({ offset: length + i, clock: Number.NaN, place: piece.place + i })
      chunks.push(piece.bytes)
    }
  }
  close(pieces.at(-1)?.epoch !== 0, true)
  return runs
}

/** A pool of batches that says no when told to, and keeps copies of what was emitted. */
export class Pool {
  readonly batches: Batch[] = []
  readonly #free: Batch[] = []
  readonly #refuse: () => boolean

  constructor(refuse: () => boolean = () => false) {
    this.#refuse = refuse
  }

  readonly acquire = (): Batch | null =>
    this.#refuse() ? null : (this.#free.pop() ?? createBatch())

  readonly emit = (batch: Batch): void => {
    this.batches.push(copyOf(batch))
    batch.bytes.fill(0xee, 0, batch.length)
    this.#free.push(batch)
  }
}
