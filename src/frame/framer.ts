import { type Batch, Framing, MarkKind, resetBatch } from '../model/batch.ts'
import { BATCH_BYTES, MARK_BYTES, MAX_LINE } from '../model/limits.ts'
import type { Piece } from '../model/piece.ts'
import { PLAIN_EPOCH } from '../model/place.ts'
import { framingOf, Haste } from './framing.ts'
import { endsWithEoe, isContinued } from './lines.ts'
import { Marks } from './marks.ts'
import { sendable } from './records.ts'

/** What a framer needs from its surroundings. */
export interface FramerOptions {
  /**
   * A batch to fill, or null when none is free now. It has room for `batchBytes` and two lines of
   * MAX_LINE bytes.
   */
  acquire(): Batch | null
  /** Takes a finished batch; batches come in stream order. */
  emit(batch: Batch): void
  /**
   * Bytes at which a batch is closed.
   *
   * @default BATCH_BYTES
   */
  batchBytes?: number
}

/** Bytes that may stay at a cut: a line that is kept back and one that is not whole. */
const CARRY_BYTES = 2 * MAX_LINE

type Data = Extract<Piece, { kind: 'data' }>

/**
 * Cuts the stream into batches at record ends and sets the marks (docs/stitching.md, 1).
 *
 * ```
 *  pieces ──copy──► │ record │ record │ record │ reco        the batch being filled
 *                                         cut ─┘ └─► carry ──► start of the next batch
 * ```
 *
 * A mark goes with the record that it lies in, one between two records with the second. Without
 * frames the clock of a mark is the largest stamp so far among the first whole records at or after
 * each mark; so a record with a mark inside stays until the record after it is whole.
 *
 * Each method that may need a batch gives false when `acquire` had none, and is called again later
 * with the same argument. Nothing is taken twice.
 */
export class Framer {
  readonly #options: FramerOptions
  readonly #batchBytes: number
  readonly #marks = new Marks()
  readonly #carry = new Uint8Array(CARRY_BYTES)
  /** The batch being filled; while there is none, the held bytes are in the carry. */
  #batch: Batch | null = null
  /** Bytes held. */
  #length = 0
  /** Bytes held at which a cut is tried. */
  #limit: number
  #framing: Framing | null = null
  #continued = false
  #epoch: number | null = null
  #boot: string | null = null
  /** Of the frame in which the held bytes begin, and of the last one: what its clock lacks to the epoch's. */
  #wall = Number.NaN
  #lastWall = Number.NaN
  /** Place of the next byte if it follows on the last without a new frame. */
  #place = 0
  /** Bytes already taken of the piece that is pushed again. */
  #taken = 0

  constructor(options: FramerOptions) {
    this.#options = options
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES
    this.#limit = this.#batchBytes
  }

  /**
   * What is held ends with an event: nothing that follows is worth waiting for. Not known of binary
   * records, nor of events of one record.
   */
  get endsWhole(): boolean {
    return endsWithEoe(this.#held(), this.#length)
  }

  /** Takes a piece; false when it has to be pushed again. */
  push(piece: Piece): boolean {
    if (piece.epoch !== this.#epoch && !this.#enter(piece.epoch, piece.place)) return false
    if (piece.kind === 'data') return this.#data(piece)
    if (piece.kind === 'tick') return this.#tick(piece.clock, piece.place)
    if (piece.kind === 'gap') return this.#finish(true, false)
    return this.#finish(piece.epoch !== PLAIN_EPOCH, piece.close)
  }

  /** Sends the whole records and the marks held; what is not whole stays. For a quiet stream. */
  flush(): boolean {
    if (this.#length > 0 && !this.#tell(Haste.Quiet)) return true
    const cut = this.#sendable(false)
    // With bytes behind it a mark at the cut belongs to their record; without, it is a tick.
    const ticks = cut === this.#length
    if (cut === 0 && !(ticks && this.#marks.waiting)) return true
    if (!this.#ready()) return false
    this.#emit(cut, ticks)
    return true
  }

  /** Flushes, then sends a mark that closes what waits for a record after PROCTITLE. */
  pass(): boolean {
    return this.#sendMark(MarkKind.Pass)
  }

  /** Flushes, then sends a mark at which every open event has been quiet for long enough. */
  hush(): boolean {
    return this.#sendMark(MarkKind.Clock)
  }

  #sendMark(kind: MarkKind): boolean {
    if (!this.flush()) return false
    if (this.#marks.count === 0 || (this.#length > 0 && this.#framing === null)) return true
    const batch = this.#ready()
    if (!batch) return false
    this.#marks.sendOne(batch, kind)
    this.#emit(0, false)
    return true
  }

  /**
   * The stream is over: sends what is held in a final batch, the text after the last LF as a line.
   * In an epoch of a spool that text is torn.
   */
  end(): boolean {
    return this.#finish(this.#epoch !== null && this.#epoch !== PLAIN_EPOCH, true)
  }

  #enter(epoch: number, place: number): boolean {
    if (this.#epoch !== null && !this.#finish(this.#epoch !== PLAIN_EPOCH, false)) return false
    this.#marks.clear()
    this.#framing = null
    this.#epoch = epoch
    this.#boot = null
    this.#wall = Number.NaN
    this.#place = place
    return true
  }

  #data(piece: Data): boolean {
    const { bytes } = piece
    this.#boot = piece.boot
    this.#lastWall = piece.wall ?? Number.NaN
    if (Number.isNaN(this.#wall)) this.#wall = this.#lastWall
    for (;;) {
      const batch = this.#ready()
      if (!batch) return false
      if ((this.#marks.full || this.#length >= this.#limit) && this.#close()) continue
      const from = this.#taken
      const to = Math.min(bytes.length, from + this.#limit - this.#length)
      this.#markData(piece, from, to)
      batch.bytes.set(
        from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to),
        this.#length,
      )
      this.#length += to - from
      this.#place = piece.place + to
      this.#taken = to
      if (to === bytes.length) break
    }
    this.#taken = 0
    if (this.#length >= this.#limit) this.#close()
    return true
  }

  /** Adds the marks of the piece's bytes `from … to`, which come next. */
  #markData(piece: Data, from: number, to: number): void {
    const start = piece.place + from
    const follows = this.#marks.count > 0 && start === this.#place
    if (piece.clock !== null) {
      if (from === 0 && !(follows && piece.clock === this.#marks.clock))
        this.#marks.add(this.#length, piece.clock, start)
      return
    }
    const end = piece.place + to
    let place = follows ? Math.ceil(start / MARK_BYTES) * MARK_BYTES : start
    while (place < end) {
      this.#marks.addUnknown(this.#length + place - start, place)
      place = (Math.floor(place / MARK_BYTES) + 1) * MARK_BYTES
    }
  }

  #tick(clock: number, place: number): boolean {
    if (this.#marks.full && !this.flush()) return false
    this.#marks.add(this.#length, clock, place)
    this.#place = place
    return true
  }

  /** Sends all that is held, what is not whole as well. */
  #finish(torn: boolean, final: boolean): boolean {
    if (this.#length > 0) this.#tell(Haste.Now)
    this.#sendable(!torn)
    this.#marks.settle()
    if (this.#length === 0 && !final && !this.#marks.waiting) return true
    if (this.#marks.count === 0) this.#marks.add(0, 0, this.#place)
    const batch = this.#ready()
    if (!batch) return false
    batch.torn = torn && this.#sendable(false) < this.#length
    batch.final = final
    this.#emit(this.#length, true)
    this.#continued = false
    return true
  }

  /** Cuts at the last record that may be sent; where there is none, makes room and gives false. */
  #close(): boolean {
    const room = this.#held().length
    const cut = this.#tell(this.#length === room ? Haste.Now : Haste.None)
      ? this.#sendable(false)
      : 0
    if (cut > 0) this.#emit(cut, false)
    else if (this.#length >= this.#limit) this.#limit = Math.min(room, this.#length * 2)
    return cut > 0
  }

  /** Finds out the framing of the stream; false while it cannot be told. */
  #tell(haste: Haste): boolean {
    this.#framing ??= framingOf(this.#held(), this.#length, haste)
    return this.#framing !== null
  }

  #sendable(ended: boolean): number {
    const held = {
      bytes: this.#held(),
      length: this.#length,
      framing: this.#framing ?? Framing.Text,
      continued: this.#continued,
      ended,
    }
    return sendable(held, this.#marks)
  }

  #held(): Uint8Array {
    return this.#batch?.bytes ?? this.#carry
  }

  /** The batch being filled, with the carry in it, or null when there is none. */
  #ready(): Batch | null {
    if (this.#batch) return this.#batch
    const batch = this.#options.acquire()
    if (!batch) return null
    if (batch.bytes.length < this.#batchBytes + CARRY_BYTES)
      throw new RangeError(`a batch of ${batch.bytes.length} bytes is too small`)
    resetBatch(batch)
    batch.bytes.set(this.#carry.subarray(0, this.#length))
    this.#batch = batch
    return batch
  }

  /** Sends the bytes before `cut`, with `marksAt` the marks at it too, and carries the rest. */
  #emit(cut: number, marksAt: boolean): void {
    const batch = this.#batch as Batch
    batch.length = cut
    batch.framing = this.#framing ?? Framing.Text
    batch.epoch = this.#epoch ?? PLAIN_EPOCH
    batch.boot = this.#boot
    batch.wall = this.#wall
    this.#wall = this.#lastWall
    batch.continued = this.#continued
    if (batch.markCount === 0) this.#marks.send(batch, cut, marksAt)
    this.#carry.set(batch.bytes.subarray(cut, this.#length))
    if (batch.framing === Framing.Text)
      this.#continued = isContinued(batch.bytes, cut, this.#continued)
    this.#length -= cut
    this.#limit = this.#batchBytes
    this.#batch = null
    this.#options.emit(batch)
  }
}
