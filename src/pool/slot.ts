import { type Batch, createBatch, MARK_WIDTH, resetBatch } from '../model/batch.ts'
import { BATCH_CAPACITY, MAX_MARKS } from '../model/limits.ts'
import {
  createResult,
  type Result,
  type ResultRoom,
  resetResult,
  resultBytes,
  roomFor,
} from '../model/result.ts'

/**
 * Where a batch and its result live while any thread may work on them: two shared buffers, used
 * again for batch after batch (fresh ones cost gigabytes of resident memory).
 *
 * ```
 * input   │ marks │ bytes                    │   written by the framer, only read by a worker
 * result  │ line, event, reject columns │ out│   written by a worker
 * ```
 *
 * The result has a buffer of its own because a worker that was given up may write on for a moment:
 * it keeps the old result, the next attempt gets a new one.
 */
export class Slot {
  readonly batch: Batch
  readonly room: ResultRoom
  /** Memory under `result`. */
  memory: SharedArrayBuffer
  result: Result

  constructor(batch: Batch) {
    this.batch = batch
    this.room = roomFor(batch.bytes.length)
    this.memory = new SharedArrayBuffer(resultBytes(this.room))
    this.result = createResult(this.room, this.memory)
  }

  /** A slot with room for any batch of the framer. */
  static create(): Slot {
    const marks = MAX_MARKS * MARK_WIDTH
    const input = new SharedArrayBuffer(marks * 8 + BATCH_CAPACITY)
    return new Slot(
      createBatch(new Uint8Array(input, marks * 8), new Float64Array(input, 0, marks)),
    )
  }

  /**
   * Some columns of `result` outgrew `memory` and lie elsewhere. Looked at anew each time: texts are added after
   * decoding too, for events whose maker is looked for then.
   */
  get spilled(): boolean {
    const { lines, events, rejects, texts, order, out } = this.result
    const columns = [lines.start, events.sec, rejects.start, texts.hash, order, out]
    return columns.some(({ buffer }) => buffer !== this.memory)
  }

  /** Leaves the result's memory to whoever may still write there. */
  renew(): void {
    this.memory = new SharedArrayBuffer(this.memory.byteLength)
    this.restore()
  }

  /** Empties the slot for its next batch; columns that lay elsewhere are let go. */
  clear(): void {
    resetBatch(this.batch)
    if (this.spilled) this.restore()
    else resetResult(this.result)
  }

  private restore(): void {
    this.result = createResult(this.room, this.memory)
  }
}

/**
 * A fixed set of slots. Framing takes them, delivery gives them back; when none is free, reading
 * stops, which is all the back-pressure there is.
 */
export class SlotRing {
  readonly size: number
  #free: Slot[] = []
  #taken = new Map<Batch, Slot>()
  #waiting: (() => void)[] = []

  /** @param size slots at most; each is made when it is first needed (about 6 MiB) */
  constructor(size: number) {
    this.size = size
  }

  /** Slots that can be taken now. */
  get free(): number {
    return this.size - this.#taken.size
  }

  /** Takes a free slot; the caller has looked at `free`. */
  take(): Slot {
    if (this.free === 0) throw new Error('no free slot')
    const slot = this.#free.pop() ?? Slot.create()
    this.#taken.set(slot.batch, slot)
    return slot
  }

  /** The slot a batch lies in. */
  of(batch: Batch): Slot {
    const slot = this.#taken.get(batch)
    if (slot === undefined) throw new Error('not a batch of this ring')
    return slot
  }

  /** Gives a slot back. */
  release(slot: Slot): void {
    this.#taken.delete(slot.batch)
    slot.clear()
    this.#free.push(slot)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Settles at the next `release`. */
  released(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
