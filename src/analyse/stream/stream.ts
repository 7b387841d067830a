import { createHash, type Hash } from 'node:crypto'
import { type Batch, MARK_WIDTH, placeAt } from '../../model/batch.ts'
import type { Block, Message } from '../../model/delivery.ts'
import { comparePositions, formatPosition, type Position } from '../../model/place.ts'
import type { Break } from './breaks.ts'

/**
 * Bytes of a section that has a digest. A hash that is half done cannot be kept, so that a restart reads
 * the section again and the spool keeps it until then; more than this is not worth that.
 */
const MAX_BYTES = 2 ** 30

/** Holes that a section lists. */
const MOST_HOLES = 20

/** A section of the stream, from where the heartbeat before was told to where this one is. */
export interface StreamFigures {
  /** The host whose stream it is. */
  readonly host: string
  /** Positions as in `EVENT.pos`: the first byte, and the first one of the next section. */
  readonly from: string
  readonly to: string
  readonly bytes: number
  /** Records and EOE in it. */
  readonly entries: number
  readonly rejected: number
  /** What is known to be missing in it: dropped by the shim, deleted unread, damaged. */
  readonly dropped_lines: number
  readonly dropped_bytes: number
  /** Where, and how; the first of them. */
  readonly holes: readonly Message[]
  /** Of its bytes, in hex; null for a section of more than 1 GiB, and for one whose bytes could not be kept. */
  readonly sha256: string | null
}

/** Sums over all that was counted since the start, read again or not. */
export interface StreamTotals {
  bytes: number
  entries: number
  rejected: number
  dropped_lines: number
  dropped_bytes: number
}

/** Lines that are missing at a position of the stream; null where it is not known how much. */
export interface Hole extends Break {
  readonly lines: number | null
  readonly bytes: number | null
}

/** The section in the checkpoint. */
export interface StreamState {
  readonly from: Position | null
  /** Where the bytes begin that have to be read again for the digest; null where it is given up. */
  readonly read: Position | null
  /** Of a section whose digest is given up: how far it is counted, and its counts. */
  readonly at: Position | null
  readonly bytes: number
  readonly entries: number
  readonly rejected: number
  readonly holes: readonly Hole[]
}

/**
 * Sections of the stream: their bytes, what is in them, and a SHA-256. A section ends where a heartbeat
 * is told, which is a position that does not depend on how the stream was cut into batches, so that
 * who has the spool's bytes can compute it again. Sections follow on each other without a byte between.
 */
export class StreamSections {
  readonly #host: string
  readonly totals: StreamTotals = {
    bytes: 0,
    entries: 0,
    rejected: 0,
    dropped_lines: 0,
    dropped_bytes: 0,
  }
  #from: Position | null
  /** First byte of the batch in which the section begins: batches begin with a record. */
  #read: Position | null
  /** First byte not counted. */
  #at: Position | null
  #bytes: number
  #entries: number
  #rejected: number
  #holes: Hole[]
  #hash: Hash = createHash('sha256')
  /** There is no digest of this section: its bytes need not be read again. */
  #isLetGo: boolean
  #block: Block | null = null
  /** Bytes of the block that are counted. */
  #offset = 0

  constructor(host: string, state?: StreamState) {
    this.#host = host
    this.#from = state?.from ?? null
    this.#read = state?.read ?? null
    const counted = this.#read === null ? state : undefined
    this.#isLetGo = this.#read === null && this.#from !== null
    this.#at = counted?.at ?? this.#from
    this.#bytes = counted?.bytes ?? 0
    this.#entries = counted?.entries ?? 0
    this.#rejected = counted?.rejected ?? 0
    this.#holes = [...(counted?.holes ?? [])]
  }

  /** Where a restart has to begin to read for the digest; null where it need not. */
  get read(): Position | null {
    return this.#read
  }

  /** Gives up the digest of this section, so that the spool need not keep its bytes. */
  letGo(): void {
    if (this.#bytes === 0) return
    this.#isLetGo = true
    this.#read = null
  }

  /** Begins a block. What was counted before is passed over. */
  begin(block: Block): void {
    const { batch } = block
    const start = startOf(batch)
    this.#block = block
    this.#from ??= start
    this.#at ??= start
    this.#offset = this.#at.epoch > batch.epoch ? batch.length : this.#offsetOf(this.#at)
    if (this.#bytes === 0 && comparePositions(start, this.#from) <= 0) this.#read = start
  }

  /** Counts the rest of the block. */
  end(): void {
    const { batch } = this.#block as Block
    const end = endOf(batch)
    if (this.#at === null || comparePositions(end, this.#at) > 0) this.#count(batch.length, end)
    this.#block = null
  }

  /** Lines are missing in the stream: to be told before what follows them comes, once or more. */
  miss(hole: Hole): void {
    const isKnown = this.#holes.some(
      ({ at, why }) => comparePositions(at, hole.at) === 0 && why === hole.why,
    )
    const isPast = this.#at !== null && comparePositions(hole.at, this.#at) < 0
    if (isKnown || isPast) return
    this.#holes.push(hole)
    this.totals.dropped_lines += hole.lines ?? 0
    this.totals.dropped_bytes += hole.bytes ?? 0
  }

  /** Ends the section at a place of the block, or where it ends: the next one begins there. */
  cut(place: number): StreamFigures {
    const to = this.#reach(place)
    const from = this.#from as Position
    const passed = this.#holes.filter((hole) => comparePositions(hole.at, to) < 0)
    const figures = {
      host: this.#host,
      from: formatPosition(from.epoch, from.place),
      to: formatPosition(to.epoch, to.place),
      bytes: this.#bytes,
      entries: this.#entries,
      rejected: this.#rejected,
      dropped_lines: sum(passed, ({ lines }) => lines),
      dropped_bytes: sum(passed, ({ bytes }) => bytes),
      holes: passed.slice(0, MOST_HOLES).map(holeText),
      sha256: this.#isLetGo ? null : this.#hash.digest('hex'),
    }
    this.#from = to
    this.#read = this.#block === null ? to : startOf(this.#block.batch)
    this.#bytes = this.#entries = this.#rejected = 0
    this.#holes = this.#holes.filter((hole) => !passed.includes(hole))
    this.#hash = createHash('sha256')
    this.#isLetGo = false
    return figures
  }

  /** For the checkpoint. */
  state(): StreamState {
    const whole = !this.#isLetGo
    return {
      from: this.#from,
      read: this.#read,
      at: whole ? null : this.#at,
      bytes: whole ? 0 : this.#bytes,
      entries: whole ? 0 : this.#entries,
      rejected: whole ? 0 : this.#rejected,
      holes: whole ? [] : this.#holes,
    }
  }

  /** Counts up to a place of the block, unless that is further already. */
  #reach(place: number): Position {
    if (this.#block !== null) {
      const { batch } = this.#block
      const end = endOf(batch)
      const to = place < end.place ? { epoch: batch.epoch, place } : end
      if (comparePositions(to, this.#at ?? to) > 0) this.#count(this.#offsetOf(to), to)
    }
    return this.#at as Position
  }

  #count(to: number, at: Position): void {
    const { batch, result } = this.#block as Block
    const from = this.#offset
    this.#at = at
    if (to <= from) return
    const { lines, rejects } = result
    const entries = before(lines.start, lines.count, to) - before(lines.start, lines.count, from)
    const rejected =
      before(rejects.start, rejects.count, to) - before(rejects.start, rejects.count, from)
    this.#bytes += to - from
    this.#entries += entries
    this.#rejected += rejected
    this.totals.bytes += to - from
    this.totals.entries += entries
    this.totals.rejected += rejected
    if (this.#bytes > MAX_BYTES) this.letGo()
    if (!this.#isLetGo) this.#hash.update(batch.bytes.subarray(from, to))
    this.#offset = to
  }

  /** Offset in the block of the first byte at or after a position of its epoch, or of one before. */
  #offsetOf({ epoch, place }: Position): number {
    const { marks, markCount, length, epoch: own } = (this.#block as Block).batch
    if (epoch < own) return 0
    let low = 0
    let high = markCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if (marks[middle * MARK_WIDTH + 2] <= place) low = middle + 1
      else high = middle
    }
    if (low === 0) return 0
    const at = (low - 1) * MARK_WIDTH
    const next = low < markCount ? marks[at + MARK_WIDTH] : length
    return Math.min(next, marks[at] + place - marks[at + 2])
  }
}

function startOf({ epoch, marks }: Batch): Position {
  return { epoch, place: marks[2] }
}

/** The first position behind a batch. */
function endOf(batch: Batch): Position {
  const { epoch, marks, markCount, length } = batch
  const byte = length > 0 ? placeAt(batch, length - 1) + 1 : 0
  return { epoch, place: Math.max(byte, marks[(markCount - 1) * MARK_WIDTH + 2]) }
}

/** How many of the first `count` offsets, which ascend, lie before `offset`. */
function before(offsets: Uint32Array, count: number, offset: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offsets[middle] < offset) low = middle + 1
    else high = middle
  }
  return low
}

function sum(holes: readonly Hole[], of: (hole: Hole) => number | null): number {
  return holes.reduce((total, hole) => total + (of(hole) ?? 0), 0)
}

function holeText({ at, why, lines, bytes }: Hole): Message {
  return { why, at: formatPosition(at.epoch, at.place), lines, bytes }
}
