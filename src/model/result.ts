import { Carver } from './carver.ts'
import { createTexts, TEXT_BYTES, type Texts } from './origins.ts'

/**
 * What decoding one batch gives: finished bytes and columns, no object per record.
 *
 * ```
 * lines    one row per record or EOE, in stream order          next ──► next line of the same event
 * events   one row per event, in order of first line           first, last ──► its lines
 * order    rows of the events that closed here, in closing order
 * out      finished event bytes, in closing order, each ended by LF
 * rejects  one row per line that is no record
 * texts    one row per distinct program and path prefix         program, path ──► of an event
 * ```
 *
 * All of it is provisional until the stitcher has seen it: an event may have begun in an earlier batch.
 * The arrays are views on reused memory; one that was too small is replaced by a larger one.
 */

/** Why an event closed (docs/stitching.md, 4); `Open` has not. */
export const Close = {
  Open: 0,
  Eoe: 1,
  /** A record type that always ends its event. */
  Last: 2,
  /** A record of another event after PROCTITLE. */
  Proctitle: 3,
  Quiet: 4,
  Size: 5,
  End: 6,
  Pressure: 7,
  /** Not an event: an EOE whose event is not open here. Counted, never sent. */
  Orphan: 8,
} as const
export type Close = (typeof Close)[keyof typeof Close]

/** Why a line is a reject. */
export const Reject = {
  /** No `type=` and `audit(…):` at its start. */
  Header: 0,
  /** A stamp that is not seconds.milliseconds:serial. */
  Stamp: 1,
  /** Longer than MAX_LINE, or the rest of such a line. */
  Long: 2,
  /** Cut off by a gap in the stream or the end of its writer. */
  Torn: 3,
  /** A binary header that does not hold. */
  Binary: 4,
  /** Decoding it ended a worker, three times. */
  Poison: 5,
} as const
export type Reject = (typeof Reject)[keyof typeof Reject]

/** Names of reject reasons, by their number. */
export const REJECT_NAMES: readonly string[] = [
  'header',
  'stamp',
  'long',
  'torn',
  'binary',
  'poison',
]

/** Names of close reasons, by their number. */
export const CLOSE_NAMES: readonly string[] = [
  'open',
  'eoe',
  'last',
  'proctitle',
  'quiet',
  'size',
  'end',
  'pressure',
  'orphan',
]

/** Sums over one batch. `lines = records + eoe + blank + rejected`, always. */
export interface Counts {
  lines: number
  records: number
  eoe: number
  blank: number
  rejected: number
  /** Input bytes, line feeds and binary headers included. */
  bytes: number
}

/** Zeroed counts. */
export function createCounts(): Counts {
  return { lines: 0, records: 0, eoe: 0, blank: 0, rejected: 0, bytes: 0 }
}

/** Adds `more` to `sum`. */
export function addCounts(sum: Counts, more: Counts): void {
  sum.lines += more.lines
  sum.records += more.records
  sum.eoe += more.eoe
  sum.blank += more.blank
  sum.rejected += more.rejected
  sum.bytes += more.bytes
}

/** Columns of the lines table. Offsets are into the batch's bytes. */
export interface Lines {
  count: number
  /** First byte of the line (of the payload in binary framing). */
  start: Uint32Array
  /** Byte after the line's text, its LF or CR LF not included. */
  end: Uint32Array
  /** First byte after the `audit(…): ` header. */
  body: Uint32Array
  /** Record type number, or a number from UNKNOWN_NAMES on for a name that has none. */
  type: Uint16Array
  /** Event row the line belongs to. */
  event: Uint32Array
  /** Next line of the same event, or -1. */
  next: Int32Array
}

/** Columns of the events table. */
export interface Events {
  count: number
  /** Stamp: seconds since the epoch, milliseconds, serial. */
  sec: Float64Array
  ms: Uint16Array
  serial: Uint32Array
  /** 1 for DAEMON_* records, whose serials are a space of their own. */
  daemon: Uint8Array
  /** Node name in the batch's bytes; empty where the line has none. */
  nodeStart: Uint32Array
  nodeEnd: Uint32Array
  first: Int32Array
  last: Int32Array
  /** Records without EOE, and EOE. */
  records: Uint32Array
  eoe: Uint32Array
  /** Raw bytes of its lines, EOE not included. */
  bytes: Uint32Array
  close: Uint8Array
  /** 1 where the event is complete (docs/stitching.md, 5). */
  complete: Uint8Array
  /** Line at which it closed, or -1. */
  closeLine: Int32Array
  /** Mark at which it closed, or -1. */
  closeMark: Int32Array
  outStart: Uint32Array
  outEnd: Uint32Array
  /** Index into `Result.keySets`. */
  keySet: Uint32Array
  /**
   * Who made it, unless the program is NOT_FOUND: rows of `Result.texts` of the program, or the name of its
   * thread where that is all there is, and of what its paths have in common with others near them; what it is
   * (`callOf`); the login user, or USER_ROOM and the user where none has logged in, or NO_USER; the parent process,
   * 0 where unknown.
   */
  program: Uint32Array
  path: Uint32Array
  call: Float64Array
  user: Float64Array
  parent: Uint32Array
}

/** Columns of the rejects table. */
export interface Rejects {
  count: number
  start: Uint32Array
  end: Uint32Array
  reason: Uint8Array
}

/** The result of one batch. */
export interface Result {
  readonly counts: Counts
  readonly lines: Lines
  readonly events: Events
  readonly rejects: Rejects
  /** Empty where nobody was asked who made the events. */
  readonly texts: Texts
  /** Event rows in closing order; `orderCount` of them count. */
  order: Uint32Array
  orderCount: number
  out: Uint8Array
  outLength: number
  /** Distinct key lists met in the batch; the keys of one event are joined by U+0001, '' for none. */
  keySets: string[]
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array

/** How many rows and output bytes a result has room for before it must grow. */
export interface ResultRoom {
  readonly lines: number
  readonly events: number
  readonly rejects: number
  readonly texts: number
  readonly out: number
}

/**
 * Room that a batch of `bytes` input bytes needs in ordinary traffic: records of 100 bytes and more
 * in events of two and more, output at three times the input. Odder input makes the result grow.
 */
export function roomFor(bytes: number): ResultRoom {
  const lines = 64 + Math.ceil(bytes / 96)
  const rejects = 64 + Math.ceil(bytes / 4096)
  return { lines, events: lines, rejects, texts: rejects * 4, out: 4096 + bytes * 3 }
}

/** Bytes of one row of each table, the event's place in `order` included. */
const LINE_BYTES = 5 * 4 + 2
const EVENT_BYTES = 3 * 8 + 16 * 4 + 2 + 3 + 4
const REJECT_BYTES = 2 * 4 + 1
/** Each of the 37 arrays begins at a multiple of 8. */
const PADDING = 37 * 8

/** Bytes of memory that a result of this room takes at most. */
export function resultBytes({ lines, events, rejects, texts, out }: ResultRoom): number {
  const tables = lines * LINE_BYTES + events * EVENT_BYTES + rejects * REJECT_BYTES
  return tables + texts * TEXT_BYTES + out + PADDING
}

/**
 * An empty result of the given room, over `memory` from byte `at` (8-aligned) or over memory of its
 * own. The tables are object literals: filled key by key the events table became a dictionary to V8,
 * and every access to a column a look-up.
 */
export function createResult(
  room: ResultRoom,
  memory: ArrayBufferLike = new ArrayBuffer(resultBytes(room)),
  at = 0,
): Result {
  const carver = new Carver(memory, at)
  const { lines, events, rejects } = room
  return {
    counts: createCounts(),
    lines: {
      count: 0,
      start: carver.u32(lines),
      end: carver.u32(lines),
      body: carver.u32(lines),
      type: carver.u16(lines),
      event: carver.u32(lines),
      next: carver.i32(lines),
    },
    events: {
      count: 0,
      sec: carver.f64(events),
      ms: carver.u16(events),
      serial: carver.u32(events),
      daemon: carver.u8(events),
      nodeStart: carver.u32(events),
      nodeEnd: carver.u32(events),
      first: carver.i32(events),
      last: carver.i32(events),
      records: carver.u32(events),
      eoe: carver.u32(events),
      bytes: carver.u32(events),
      close: carver.u8(events),
      complete: carver.u8(events),
      closeLine: carver.i32(events),
      closeMark: carver.i32(events),
      outStart: carver.u32(events),
      outEnd: carver.u32(events),
      keySet: carver.u32(events),
      program: carver.u32(events),
      path: carver.u32(events),
      call: carver.f64(events),
      user: carver.f64(events),
      parent: carver.u32(events),
    },
    rejects: {
      count: 0,
      start: carver.u32(rejects),
      end: carver.u32(rejects),
      reason: carver.u8(rejects),
    },
    texts: createTexts(carver, room.texts),
    order: carver.u32(events),
    orderCount: 0,
    out: carver.u8(room.out),
    outLength: 0,
    keySets: [],
  }
}

/** Makes a result empty again, keeping its memory. */
export function resetResult(result: Result): void {
  Object.assign(result.counts, createCounts())
  result.lines.count = 0
  result.events.count = 0
  result.rejects.count = 0
  result.texts.count = 0
  result.orderCount = 0
  result.outLength = 0
  result.keySets = []
}

/** Doubles every column of a table, into memory of its own. */
export function growTable(table: Lines | Events | Rejects | Texts): void {
  const columns = table as unknown as Record<string, Column>
  for (const [name, column] of Object.entries(columns)) {
    if (typeof column === 'number') continue
    columns[name] = grown(column, column.length * 2)
  }
}

/** A copy of a column with room for `length` entries, in memory of its own. */
export function grown<C extends Column>(column: C, length: number): C {
  const wider = new (column.constructor as unknown as new (length: number) => C)(length)
  wider.set(column)
  return wider
}
