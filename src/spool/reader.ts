/**
 * The spool as a stream: frames in order, over segments and writers, from any position.
 *
 * A segment is left only when the next one's header is readable and exactly its "previous valid length"
 * has been read. A writer (an epoch) is over when it says `end`, or when its process is gone; the next
 * writer is read only then, so that a restart's two writers stay apart. Whatever is missing, damaged or
 * cut off is told in a notice and never stops the stream; only an unknown version does.
 */

import { join } from 'node:path'
import type { Piece } from '../model/piece.ts'
import type { Position } from '../model/place.ts'
import { PLAIN_EPOCH, placeOf } from '../model/place.ts'
import { Arrival } from './arrival.ts'
import { Damage } from './damage.ts'
import { decodeGap, FRAME_HEADER, FrameType, MAX_SEGMENT } from './format.ts'
import { Lag } from './lag.ts'
import type { Notice } from './notice.ts'
import type { SegmentFile } from './segment.ts'
import type { Counters } from './trail.ts'
import { positionIn, Trail } from './trail.ts'
import { Writer } from './writer.ts'

/** Milliseconds between two looks for what may lie behind a segment that is not there. */
const LOOK_MS = 1000

/** Milliseconds for which it counts that nothing lay behind a segment. Such looks are a second apart at most. */
const END_KNOWN_MS = 1500

/** What a reader takes. */
export interface SpoolReaderOptions {
  /** Spool directory. */
  readonly spool: string
  /** The reader's own directory, for what it puts in quarantine; `state` in the spool unless set. */
  readonly state?: string
  /** Where to start; the oldest byte unless set, and for a position of no spool. */
  readonly from?: Position | null
  /** Salt of the segment that `from` is in, when known: with another one it is another spool. */
  readonly salt?: number | null
  /** Epochs up to this one were closed by the service: they end without waiting for the next. */
  readonly closed?: number
  /** Learns what is wrong with the spool. */
  readonly notice: (notice: Notice) => void
}

/** Reads a spool. It never writes there but into its state directory. */
export class SpoolReader {
  readonly #notice: (notice: Notice) => void
  readonly #trail: Trail
  readonly #arrival: Arrival
  readonly #damage: Damage
  readonly #lag: Lag
  /** Where it begins, and where it was when it was closed. */
  #from: Position | null
  readonly #salt: number | null
  #closed: number
  #segment: SegmentFile | null = null
  /** The segment after it, from the moment its header was readable. */
  #following: SegmentFile | null = null
  #writer: Writer | null = null
  /** Frames that end at or before this byte of the first segment were read before. */
  #floor = 0
  /** Data of the epoch before here. */
  #before: Counters = { bytes: 0, lineFeeds: 0 }
  /** Bytes of frames read by this reader. */
  #read = 0
  /** A frame was found since the last look that found none. */
  #fresh = false
  #ended = false
  #gone = false
  #over = false
  #endSaid = false
  /** When it was last looked for later segments, by the monotonic clock. */
  #lookedAt = -Infinity
  /** When it was last seen that nothing lies behind this segment, by the monotonic clock. */
  #endedAt = -Infinity

  /** Throws a `Failure` when the directory cannot be read. */
  constructor(options: SpoolReaderOptions) {
    const { spool, state = join(spool, 'state'), notice } = options
    this.#notice = notice
    this.#from = options.from?.epoch === PLAIN_EPOCH ? null : (options.from ?? null)
    this.#salt = options.salt ?? null
    this.#closed = options.closed ?? 0
    this.#trail = new Trail(spool, notice)
    this.#arrival = new Arrival(spool)
    this.#damage = new Damage(state, notice)
    this.#lag = new Lag(spool)
    this.#trail.newestEpoch()
  }

  /**
   * The next piece, or null when there is none yet. A piece's bytes are valid until the next call.
   * Throws a `Failure` where the spool cannot be read on.
   */
  next(): Piece | null {
    for (;;) {
      if (!this.#segment && !this.#enter()) return null
      const segment = this.#segment as SegmentFile
      const piece = segment.next() ? this.#accept(segment) : this.#atTail(segment)
      if (piece === null) return null
      if (piece === 'again' || piece.kind !== 'tick') this.#arrival.found()
      if (piece !== 'again') return piece
    }
  }

  /** Settles when `next` may have something again, and when `signal` is aborted. */
  wait(signal?: AbortSignal): Promise<void> {
    return this.#arrival.wait(signal)
  }

  /** Frames come so slowly that what was read is all there is for now. */
  get isCalm(): boolean {
    return !this.#arrival.isPaced
  }

  /** Where the next piece starts; where it was told to start before the first. */
  get position(): Position | null {
    return this.#segment ? positionIn(this.#segment) : this.#from
  }

  /** Bytes in the spool that were not read yet; measured at most once a second. */
  get lag(): number {
    if (this.#segment && performance.now() - this.#endedAt < END_KNOWN_MS)
      return Math.max(0, this.#segment.size - this.#segment.offset)
    return this.#lag.after(this.position, this.#read)
  }

  /** All of the current writer was read, it will write no more, and no newer one is there. */
  get isOver(): boolean {
    return this.#over
  }

  /**
   * Lets an epoch end, with `close`, without waiting for the next writer. The service calls it after it
   * has durably written that it does.
   */
  closeEpoch(epoch: number): void {
    this.#closed = Math.max(this.#closed, epoch)
  }

  /** Salt of the segment a position lies in, where this reader has lately read that. */
  saltOf(position: Position): number | null {
    return this.#trail.saltOf(position)
  }

  /** Lets go of files. */
  close(): void {
    this.#from = this.position
    this.#arrival.close()
    this.#segment?.close()
    this.#following?.close()
    this.#segment = this.#following = null
  }

  #enter(): boolean {
    const first = this.#trail.first(this.#from, this.#salt)
    if (!first) return false
    this.#use(first.segment)
    this.#floor = first.byte
    return true
  }

  #use(segment: SegmentFile): void {
    if (this.#segment?.epoch !== segment.epoch) {
      this.#writer = null
      this.#ended = this.#gone = this.#over = this.#endSaid = false
    }
    this.#segment?.close()
    this.#segment = segment
    this.#following = null
    this.#floor = 0
    this.#damage.enter()
    if (!segment.header) return
    this.#writer ??= new Writer(segment.header)
    const { bytes, lineFeeds } = segment.header
    this.#before = { bytes, lineFeeds }
  }

  /** A whole frame was found; `again` when it is none to hand on. */
  #accept(segment: SegmentFile): Piece | 'again' {
    this.#damage.clear()
    const { epoch, sequence, offset } = segment
    const { type, length, lineFeeds, monotonicNs, realtimeMs } = segment.frame
    this.#fresh = true
    const start = offset - length
    const place = placeOf(sequence, start)
    const clock = monotonicNs / 1e6
    this.#read += FRAME_HEADER + length
    if (type === FrameType.Data) {
      this.#before.bytes += length
      this.#before.lineFeeds += lineFeeds
      if (offset <= this.#floor) return 'again'
      const from = Math.max(0, this.#floor - start)
      const bytes = segment.payload(from)
      const boot = this.#writer?.header.boot ?? null
      const wall = realtimeMs - clock
      return { kind: 'data', bytes, epoch, boot, place: place + from, clock, wall }
    }
    if (type === FrameType.End) this.#ended = true
    // The place of the others is that of their payload: who goes on from there has had them.
    if (type === FrameType.End || start <= this.#floor) return 'again'
    if (type === FrameType.Tick) return { kind: 'tick', epoch, place, clock }
    this.#notice({ kind: 'dropped', at: { epoch, place }, gap: decodeGap(segment.payload(), 0) })
    return { kind: 'gap', epoch, place }
  }

  /** No whole frame follows in this segment: `again` when something was found out. */
  #atTail(segment: SegmentFile): Piece | 'again' | null {
    if (this.#following) return this.#leave(segment, this.#following)
    if (this.#over) return this.#afterEpoch(segment)
    const isFresh = this.#fresh
    this.#fresh = false
    this.#endedAt = performance.now()
    // Who has just written lives, and its file is where it was: no need to ask.
    if (isFresh && !this.#ended && !this.#arrival.mayHaveNew) return null
    // What is found here is acted on after one more look: it may have been written on meanwhile.
    this.#following = this.#trail.next(segment)
    // Behind one that was deleted, or that a power cut left without a header, there may be later ones;
    // of the next one, while its writer lives, only a look at the directory tells that it was deleted.
    const mayHaveLater = segment.isDeleted || this.#ended || this.#gone || this.#isLookDue()
    if (!this.#following && mayHaveLater) this.#following = this.#trail.nextKept(segment)
    if (this.#following) {
      this.#endedAt = -Infinity
      return 'again'
    }
    if (!this.#ended && !this.#gone) {
      this.#gone = this.#isGone(segment)
      if (this.#gone) return 'again'
      return this.#damage.passStuck(segment, this.#floor) ? this.#gapAt(segment) : null
    }
    if (this.#damage.pass(segment, segment.size, true, this.#floor)) return this.#gapAt(segment)
    if (!this.#ended) {
      const torn = Math.max(0, segment.size - segment.offset)
      this.#notice({ kind: 'died', at: positionIn(segment), torn })
    }
    this.#over = true
    return 'again'
  }

  #isLookDue(): boolean {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_MS) return false
    this.#lookedAt = now
    return true
  }

  #isGone(segment: SegmentFile): boolean {
    // Behind a damaged header nobody can be asked for: only `end` or a later segment tells.
    if (!this.#writer) return false
    return this.#writer.isGone({
      newestEpoch: () => this.#trail.newestEpoch(),
      writtenMs: () => segment.writtenMs,
      waiting: (newer) => this.#notice({ kind: 'waiting', epoch: segment.epoch, newer }),
    })
  }

  /** A later segment is there: all this one holds was read, or what is left of it is damaged. */
  #leave(segment: SegmentFile, following: SegmentFile): Piece | 'again' {
    const isNext = following.sequence === segment.sequence + 1
    const next = isNext ? following.header : null
    const said = next?.previousLength
    const valid = said !== undefined && said <= MAX_SEGMENT ? said : undefined
    const end = valid ?? segment.size
    const unread = next && segment.header ? next.lineFeeds - this.#before.lineFeeds : null
    if (this.#damage.pass(segment, end, valid === undefined, this.#floor, unread))
      return this.#gapAt(segment)
    if (!isNext) this.#trail.saySkipped(segment, following, this.#before)
    this.#use(following)
    return isNext ? 'again' : this.#gapAt(following)
  }

  /** The epoch is over: it ends once the next one is there, or the service closes it. */
  #afterEpoch(segment: SegmentFile): Piece | 'again' | null {
    const { epoch, place } = positionIn(segment)
    const isClosed = epoch <= this.#closed
    const following = this.#trail.nextEpoch(segment)
    if (!following) {
      if (!isClosed || this.#endSaid) return null
      this.#endSaid = true
      return { kind: 'end', epoch, place, close: true }
    }
    const wasSaid = this.#endSaid
    const boot = following.header?.boot
    const isNewBoot = boot !== undefined && boot !== this.#writer?.header.boot
    this.#use(following)
    return wasSaid ? 'again' : { kind: 'end', epoch, place, close: isClosed || isNewBoot }
  }

  /** Bytes are missing before here, unless that was read before. */
  #gapAt(segment: SegmentFile): Piece | 'again' {
    return segment.offset <= this.#floor ? 'again' : { kind: 'gap', ...positionIn(segment) }
  }
}
