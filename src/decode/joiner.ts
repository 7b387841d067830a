import { MAX_EVENT_BYTES, MAX_EVENT_RECORDS, QUIET_MS } from '../model/limits.ts'
import { NOT_FOUND } from '../model/origins.ts'
import { Close, type Events, grown, growTable, type Lines, type Result } from '../model/result.ts'
import { EOE, endsEvent, isDaemon, PROCTITLE } from '../tables/single.ts'

const BUCKETS = 4096
/** Clock of a line that no mark has followed yet. */
const LATER = Number.POSITIVE_INFINITY

/** What the joiner needs to know of the line it is given; a `Header` has it. */
export interface LineIdentity {
  readonly type: number
  readonly sec: number
  readonly ms: number
  readonly serial: number
  readonly nodeStart: number
  readonly nodeEnd: number
  /** The stamp is that of the line before. */
  readonly again: boolean
}

/** Told of every event at the moment it closes, in closing order. */
export interface EventWriter {
  writeEvent(row: number): void
}

/**
 * Joins lines to events by identity and closes them (docs/stitching.md, 2 to 6), over one batch.
 *
 * Open events hang in a hash by serial and in a list by age of their last line:
 *
 * ```
 * bucket[serial] ─► row ─► row            oldest ◄─► … ◄─► newest      `soft`: the row whose
 *                                           ▲ quiet is looked for here  PROCTITLE was the last line
 * ```
 */
export class Joiner {
  readonly #writer: EventWriter
  #bytes: Uint8Array = new Uint8Array(0)
  #lines!: Lines
  #events!: Events
  #result!: Result
  readonly #buckets = new Int32Array(BUCKETS).fill(-1)
  #chain = new Int32Array(0)
  #older = new Int32Array(0)
  #newer = new Int32Array(0)
  #clock = new Float64Array(0)
  #oldest = -1
  #newest = -1
  #soft = -1
  /** Row of the line before. */
  #before = 0
  /** The clock of lines to come; in a stream without frames `LATER` until the next mark. */
  #now = LATER
  #framed = true
  #due: number[] = []

  constructor(writer: EventWriter) {
    this.#writer = writer
  }

  /**
   * Starts a batch: nothing is open. In a stream without frames (`plain`) marks lie far apart in
   * time, so a line counts as of the mark after it: by the one before it, it might already be old.
   */
  begin(bytes: Uint8Array, result: Result, plain: boolean): void {
    this.#bytes = bytes
    this.#result = result
    this.#lines = result.lines
    this.#events = result.events
    // What has closed is out of them: for a batch of one event that is 16 KiB not to be touched.
    if (this.#oldest >= 0) this.#buckets.fill(-1)
    this.#oldest = this.#newest = this.#soft = -1
    this.#now = LATER
    this.#framed = !plain
    this.#fit()
  }

  /** Adds the line last put into the lines table, whose identity is given, to its event. */
  line(line: number, id: LineIdentity): void {
    const events = this.#events
    let row = this.#find(id)
    if (this.#soft >= 0 && this.#soft !== row) this.#close(this.#soft, Close.Proctitle, line, -1)
    this.#soft = -1
    if (id.type === EOE) {
      if (row < 0) row = this.#openOrphan(line, id)
      else this.#append(row, line)
      this.#before = row
      events.eoe[row]++
      if (events.close[row] === Close.Open) this.#close(row, Close.Eoe, line, -1)
      return
    }
    const size = this.#lines.end[line] - this.#lines.start[line]
    if (
      row >= 0 &&
      (events.records[row] >= MAX_EVENT_RECORDS || events.bytes[row] + size > MAX_EVENT_BYTES)
    ) {
      this.#close(row, Close.Size, line, -1)
      row = -1
    }
    if (row < 0) row = this.#open(line, id)
    else this.#append(row, line)
    this.#before = row
    events.records[row]++
    events.bytes[row] += size
    if (id.type === PROCTITLE) this.#soft = row
    else if (endsEvent(id.type)) this.#close(row, Close.Last, line, -1)
  }

  /** Moves the clock on: closes what has been quiet, in order of first position. */
  mark(mark: number, clock: number): void {
    this.place(clock)
    this.#closeQuiet(mark, clock)
    for (let row = this.#newest; row >= 0 && this.#clock[row] === LATER; row = this.#older[row])
      this.#clock[row] = clock
  }

  /** Says which clock holds, without moving it on. */
  place(clock: number): void {
    if (this.#framed) this.#now = clock
  }

  #closeQuiet(mark: number, clock: number): void {
    let row = this.#oldest
    if (row < 0 || this.#clock[row] + QUIET_MS > clock) return
    const due = this.#due
    due.length = 0
    while (row >= 0 && this.#clock[row] + QUIET_MS <= clock) {
      due.push(row)
      row = this.#newer[row]
    }
    due.sort(ascending)
    for (const quiet of due) this.#close(quiet, Close.Quiet, -1, mark)
  }

  /** A line of another event passes: what waits after PROCTITLE closes. */
  pass(mark: number): void {
    if (this.#soft >= 0) this.#close(this.#soft, Close.Proctitle, -1, mark)
  }

  /** Everything open closes, in order of first position. */
  finish(reason: Close): void {
    const events = this.#events
    if (this.#oldest < 0) return
    for (let row = 0; row < events.count; row++) {
      if (events.close[row] === Close.Open)
        this.#close(
          row,
          reason === Close.End && row === this.#soft ? Close.Proctitle : reason,
          -1,
          -1,
        )
    }
  }

  #find(id: LineIdentity): number {
    const events = this.#events
    const bytes = this.#bytes
    const nodeLength = id.nodeEnd - id.nodeStart
    const daemon = isDaemon(id.type) ? 1 : 0
    const before = this.#before
    if (
      id.again &&
      nodeLength === 0 &&
      events.close[before] === Close.Open &&
      events.daemon[before] === daemon &&
      events.nodeEnd[before] === events.nodeStart[before]
    )
      return before
    for (let row = this.#buckets[id.serial & (BUCKETS - 1)]; row >= 0; row = this.#chain[row]) {
      if (
        events.serial[row] === id.serial &&
        events.ms[row] === id.ms &&
        events.sec[row] === id.sec &&
        events.daemon[row] === daemon &&
        events.nodeEnd[row] - events.nodeStart[row] === nodeLength
      ) {
        let i = 0
        const from = events.nodeStart[row]
        while (i < nodeLength && bytes[from + i] === bytes[id.nodeStart + i]) i++
        if (i === nodeLength) return row
      }
    }
    return -1
  }

  #row(line: number, id: LineIdentity): number {
    const events = this.#events
    if (events.count === events.serial.length) {
      growTable(events)
      this.#fit()
    }
    const row = events.count++
    events.sec[row] = id.sec
    events.ms[row] = id.ms
    events.serial[row] = id.serial
    events.daemon[row] = isDaemon(id.type) ? 1 : 0
    events.nodeStart[row] = id.nodeStart
    events.nodeEnd[row] = id.nodeEnd
    events.first[row] = events.last[row] = line
    events.records[row] = events.eoe[row] = events.bytes[row] = 0
    events.close[row] = Close.Open
    events.complete[row] = 0
    events.closeLine[row] = events.closeMark[row] = -1
    events.outStart[row] = events.outEnd[row] = 0
    events.keySet[row] = 0
    events.program[row] = NOT_FOUND
    this.#lines.event[line] = row
    this.#lines.next[line] = -1
    return row
  }

  #open(line: number, id: LineIdentity): number {
    const row = this.#row(line, id)
    const bucket = id.serial & (BUCKETS - 1)
    this.#chain[row] = this.#buckets[bucket]
    this.#buckets[bucket] = row
    this.#link(row)
    return row
  }

  #openOrphan(line: number, id: LineIdentity): number {
    const row = this.#row(line, id)
    this.#events.close[row] = Close.Orphan
    this.#events.closeLine[row] = line
    return row
  }

  #append(row: number, line: number): void {
    const lines = this.#lines
    const events = this.#events
    lines.event[line] = row
    lines.next[line] = -1
    lines.next[events.last[row]] = line
    events.last[row] = line
    if (row === this.#newest) {
      this.#clock[row] = this.#now
      return
    }
    this.#unlink(row)
    this.#link(row)
  }

  #link(row: number): void {
    this.#clock[row] = this.#now
    this.#older[row] = this.#newest
    this.#newer[row] = -1
    if (this.#newest >= 0) this.#newer[this.#newest] = row
    else this.#oldest = row
    this.#newest = row
  }

  #unlink(row: number): void {
    const older = this.#older[row]
    const newer = this.#newer[row]
    if (older >= 0) this.#newer[older] = newer
    else this.#oldest = newer
    if (newer >= 0) this.#older[newer] = older
    else this.#newest = older
  }

  #close(row: number, reason: Close, line: number, mark: number): void {
    const events = this.#events
    const result = this.#result
    events.close[row] = reason
    events.closeLine[row] = line
    events.closeMark[row] = mark
    if (this.#soft === row) this.#soft = -1
    this.#unlink(row)
    const bucket = events.serial[row] & (BUCKETS - 1)
    let before = this.#buckets[bucket]
    if (before === row) this.#buckets[bucket] = this.#chain[row]
    else {
      while (this.#chain[before] !== row) before = this.#chain[before]
      this.#chain[before] = this.#chain[row]
    }
    if (result.orderCount === result.order.length)
      result.order = grown(result.order, result.order.length * 2)
    result.order[result.orderCount++] = row
    this.#writer.writeEvent(row)
  }

  /** Gives the per-row lists as much room as the events table has. */
  #fit(): void {
    const room = this.#events.serial.length
    if (this.#chain.length >= room) return
    this.#chain = grown(this.#chain, room)
    this.#older = grown(this.#older, room)
    this.#newer = grown(this.#newer, room)
    this.#clock = grown(this.#clock, room)
  }
}

function ascending(a: number, b: number): number {
  return a - b
}
