import { Framer } from '../frame/framer.ts'
import type { Batch } from '../model/batch.ts'
import type { Block } from '../model/delivery.ts'
import { QUIET_MS } from '../model/limits.ts'
import type { Piece } from '../model/piece.ts'
import type { Position } from '../model/place.ts'
import type { Result } from '../model/result.ts'
import type { Decoded, DecodePool } from '../pool/pool.ts'
import { type Slot, SlotRing } from '../pool/slot.ts'
import { Hold } from './hold.ts'
import type { Source } from './source.ts'

/**
 * One way through the stages, from a source to whoever takes its blocks:
 *
 * ```
 *  source ──piece──► framer ──batch──► slots, decoded side by side ──in order──► stitcher ──block──► take
 *     ▲                                  │
 *     └───── reading stops when none is free: all the back-pressure there is
 * ```
 */

/** What a lane needs. */
export interface LaneOptions {
  readonly source: Source
  /** Where the source begins. */
  readonly from: Position
  readonly pool: Pick<DecodePool, 'decode'>
  /** Batches on the way at most. */
  readonly slots: number
  readonly stitcher: { push(batch: Batch, result: Result): Block }
  /** Bytes at which a batch is closed; the framer's own default without it. */
  readonly batchBytes?: number | undefined
  /** Nothing follows this piece. */
  readonly isLast: (piece: Piece) => boolean
  /** What is not delivered can be read again from its position. */
  readonly replayable: boolean
  /** A pipe that is written to as things happen, without frames that carry the time. */
  readonly live: boolean
  /** While it says so every piece makes a batch: little is under way at a time. */
  readonly isCareful?: (() => boolean) | undefined
  /** Takes the blocks in order, one at a time. */
  readonly take: (block: Block) => Promise<void>
  /** Called whenever a batch is on its way. */
  readonly onBatch?: () => void
}

/** Milliseconds without input after which what is whole goes on. */
const FLUSH_MS = 20
/**
 * Milliseconds after which what is whole goes on although input keeps coming: at 5,000 events a second a
 * batch would fill for a quarter of a second. What comes faster than it is read never waits for this.
 */
const MOST_FLUSH_MS = 50
/** Milliseconds of silence on a live pipe after which an event waiting after PROCTITLE closes. */
const PASS_MS = 1000

/** What a silence on a live pipe has brought about. */
const Silence = {
  None: 0,
  /** What waited after PROCTITLE has closed. */
  Passed: 1,
  /** Everything open has closed, as it would by auditd's own end_of_event_timeout. */
  Hushed: 2,
} as const

/** A lane. Made, run once, gone. */
export class Lane {
  readonly source: Source
  readonly #options: LaneOptions
  readonly #ring: SlotRing
  readonly #framer: Framer
  #position: Position
  #jobs = 0
  #emitted = false
  /** Since when something waits to be flushed; null while nothing does. */
  #unflushedSince: number | null = null
  #silence: number = Silence.None
  /** When the last piece came. */
  #heard = performance.now()
  #tail: Promise<void> = Promise.resolve()
  #arrival: Promise<void> | null = null
  #wake: () => void = () => {}
  #disturbed = false
  #ended = false
  #stopped = false
  #failure: { readonly error: unknown } | null = null
  #hold: Hold | null = null

  constructor(options: LaneOptions) {
    this.#options = options
    this.source = options.source
    this.#position = options.from
    this.#ring = new SlotRing(options.slots)
    this.#framer = new Framer({
      acquire: () => (this.#ring.free === 0 ? null : this.#ring.take().batch),
      emit: (batch) => this.#decode(batch),
      ...(options.batchBytes === undefined ? {} : { batchBytes: options.batchBytes }),
    })
  }

  /** First byte not read yet. */
  get position(): Position {
    return this.#position
  }

  /** Batches are on the way besides the one that is being taken, or wait to be read. */
  get waiting(): boolean {
    return this.#jobs > 1 || this.source.lag > 0
  }

  /**
   * Runs until the last piece or `stop`; tells which, once every block was taken. Where it stops short
   * of the last piece, a stream that cannot be read again is ended all the same.
   */
  async run(): Promise<boolean> {
    try {
      try {
        await this.#read()
      } finally {
        if (!this.#options.replayable) await this.#end()
        await this.#tail
      }
      if (this.#failure !== null) throw this.#failure.error
      return this.#ended
    } finally {
      this.#hold?.settle(false)
      this.source.close()
    }
  }

  /** Reads no more. What was read is still taken. */
  stop(): void {
    this.#stopped = true
    this.#disturb()
  }

  /**
   * Stops reading at a piece's end, at once or when `at` is reached; settles with true when all that
   * was read is taken, with false when `go` or the end of the lane came first.
   */
  hold(at: Position | null = null): Promise<boolean> {
    this.#hold?.settle(false)
    const hold = new Hold(at)
    this.#hold = hold
    this.#disturb()
    return hold.settled
  }

  /** Goes on after `hold`. */
  go(): void {
    this.#hold?.settle(false)
    this.#hold = null
    this.#disturb()
  }

  async #read(): Promise<void> {
    let piece: Piece | null = null
    while (!this.#stopped) {
      this.#disturbed = false
      if (piece === null && this.#hold?.reached(this.#position)) {
        await this.#stand(this.#hold)
        continue
      }
      piece ??= this.source.next()
      if (piece !== null && this.#emitted) await this.#breathe()
      if (piece === null) await this.#idle()
      else if (!this.#framer.push(piece)) await this.#ring.released()
      else {
        this.#silence = Silence.None
        this.#heard = performance.now()
        this.#unflushedSince ??= this.#heard
        this.#position = endOf(piece)
        this.#ended = this.#options.isLast(piece)
        if (this.#ended) return
        piece = null
        if (this.#options.isCareful?.()) await this.#flush()
      }
    }
  }

  /** Everything read is on its way and taken; then waits for `go` or `stop`. */
  async #stand(hold: Hold): Promise<void> {
    await this.#flush()
    await this.#tail
    hold.settle(true)
    if (!this.#disturbed) await this.#until(new Promise(() => {}))
  }

  async #end(): Promise<void> {
    while (!this.#ended && !this.#framer.end()) await this.#ring.released()
  }

  /** A source may say that it is time to look and have nothing: quiet counts from the last piece on. */
  async #idle(): Promise<void> {
    const now = performance.now()
    const quiet = now - this.#heard
    if (this.#unflushedSince !== null) {
      const rest = Math.min(FLUSH_MS - quiet, MOST_FLUSH_MS - (now - this.#unflushedSince))
      if (
        rest > 0 &&
        !(this.source.isCalm && this.#framer.endsWhole) &&
        (await this.#arrives(rest))
      )
        return
      await this.#flush()
    }
    if (this.#options.live && this.#silence < Silence.Passed) {
      if (quiet < PASS_MS && (await this.#arrives(PASS_MS - quiet))) return
      while (!this.#framer.pass()) await this.#ring.released()
      this.#silence = Silence.Passed
    }
    if (this.#options.live && this.#silence < Silence.Hushed) {
      if (quiet < QUIET_MS && (await this.#arrives(QUIET_MS - quiet))) return
      while (!this.#framer.hush()) await this.#ring.released()
      this.#silence = Silence.Hushed
    }
    await this.#arrives()
    this.#emitted = false
  }

  async #flush(): Promise<void> {
    while (!this.#framer.flush()) await this.#ring.released()
    this.#unflushedSince = null
  }

  /** True when there may be input or something else to do, false when `ms` passed without. */
  async #arrives(ms?: number): Promise<boolean> {
    if (this.#disturbed) return true
    // A failure stays, for whoever waits next.
    this.#arrival ??= this.source.wait().then(() => {
      this.#arrival = null
    })
    return this.#until(this.#arrival, ms)
  }

  /** Settles with `promise`, after `ms` (false), or when the lane is disturbed. */
  #until(promise: Promise<void>, ms?: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const timer = ms === undefined ? null : setTimeout(() => resolve(false), ms)
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer)
        resolve(true)
      }
      promise.then(this.#wake, reject)
    })
  }

  /** Has the reading loop look again at what is asked of it. */
  #disturb(): void {
    this.#disturbed = true
    this.#wake()
  }

  /** Lets timers, signals and finished reads and writes have their turn between batches. */
  async #breathe(): Promise<void> {
    this.#emitted = false
    await new Promise((resolve) => setImmediate(resolve))
  }

  #decode(batch: Batch): void {
    const slot = this.#ring.of(batch)
    this.#jobs++
    this.#emitted = true
    const decoded = this.#options.pool.decode(slot)
    // It is awaited in its turn, which may come after its failure.
    decoded.catch(() => {})
    this.#tail = this.#tail.then(() => this.#take(slot, decoded))
    this.#options.onBatch?.()
  }

  async #take(slot: Slot, decoded: Promise<readonly Decoded[]>): Promise<void> {
    try {
      for (const { batch, result } of await decoded)
        if (this.#failure === null)
          await this.#options.take(this.#options.stitcher.push(batch, result))
    } catch (error) {
      this.#failure = { error }
      this.stop()
    } finally {
      this.#jobs--
      this.#ring.release(slot)
    }
  }
}

function endOf(piece: Piece): Position {
  const bytes = piece.kind === 'data' ? piece.bytes.length : 0
  return { epoch: piece.epoch, place: piece.place + bytes }
}
