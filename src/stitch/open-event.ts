import { type Batch, clockAt, Framing, MARK_WIDTH, MarkKind, placeAt } from '../model/batch.ts'
import { BINARY_HEADER } from '../model/binary.ts'
import { PLAIN_EPOCH, type Position } from '../model/place.ts'
import type { Result } from '../model/result.ts'
import { isDaemon, PROCTITLE } from '../tables/single.ts'

/**
 * An event that is open at the end of a batch: its raw lines, framed as they came, with the place
 * and the clock of each. From these it is decoded again together with what the next batches bring.
 */
export interface OpenEvent {
  readonly sec: number
  readonly ms: number
  readonly serial: number
  readonly daemon: number
  readonly node: Uint8Array
  /** Text lines with LF, or binary records of exact size, one after the other. */
  readonly bytes: Uint8Array
  readonly framing: Framing
  /** Boot id the event's first line belongs to. */
  readonly boot: string | null
  /** Of each line: its offset in `bytes`, its place, its clock (infinite when no mark followed). */
  readonly offsets: readonly number[]
  readonly places: readonly number[]
  readonly clocks: readonly number[]
  readonly first: Position
  /** The last line is a PROCTITLE record. */
  readonly titled: boolean
}

/** Bytes of a record before its text. */
export function headOf(framing: Framing): number {
  return framing === Framing.Text ? 0 : BINARY_HEADER
}

/** The framing in which single records are kept: binary padding is dropped. */
export function keptFraming(framing: Framing): Framing {
  return framing === Framing.Text ? Framing.Text : Framing.BinaryExact
}

/** Copies the open event in row `row` of a result. `first` is where it began, if not in this batch. */
export function keepOpen(
  batch: Batch,
  result: Result,
  row: number,
  first: Position | null,
): OpenEvent {
  const { events, lines } = result
  const head = headOf(batch.framing)
  const tail = batch.framing === Framing.Text ? 1 : 0
  let length = 0
  for (let line = events.first[row]; line >= 0; line = lines.next[line])
    length += head + lines.end[line] - lines.start[line] + tail
  const bytes = new Uint8Array(length)
  const offsets: number[] = []
  const places: number[] = []
  const clocks: number[] = []
  let at = 0
  for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
    const start = lines.start[line] - head
    offsets.push(at)
    places.push(placeAt(batch, start))
    clocks.push(clockOfLine(batch, start))
    bytes.set(batch.bytes.subarray(start, lines.end[line]), at)
    at += lines.end[line] - start
    if (tail === 1) bytes[at++] = 0x0a
  }
  return {
    sec: events.sec[row],
    ms: events.ms[row],
    serial: events.serial[row],
    daemon: isDaemon(lines.type[events.first[row]]) ? 1 : 0,
    node: batch.bytes.slice(events.nodeStart[row], events.nodeEnd[row]),
    bytes,
    framing: keptFraming(batch.framing),
    boot: batch.boot,
    offsets,
    places,
    clocks,
    first: first ?? { epoch: batch.epoch, place: places[0] },
    titled: lines.type[events.last[row]] === PROCTITLE,
  }
}

/**
 * Whether row `row` of a result has the identity of the open event. One that began in the other
 * framing is not joined: a stream does not change its framing within an event.
 */
export function isSameEvent(open: OpenEvent, batch: Batch, result: Result, row: number): boolean {
  const { events } = result
  const start = events.nodeStart[row]
  if (
    keptFraming(batch.framing) !== open.framing ||
    events.serial[row] !== open.serial ||
    events.ms[row] !== open.ms ||
    events.sec[row] !== open.sec ||
    events.daemon[row] !== open.daemon ||
    events.nodeEnd[row] - start !== open.node.length
  )
    return false
  for (let i = 0; i < open.node.length; i++)
    if (batch.bytes[start + i] !== open.node[i]) return false
  return true
}

/** Clock of a line at `offset` as the joiner counts it: see there. */
function clockOfLine(batch: Batch, offset: number): number {
  if (batch.epoch !== PLAIN_EPOCH) return clockAt(batch, offset)
  for (let mark = 0; mark < batch.markCount; mark++) {
    const at = mark * MARK_WIDTH
    if (batch.marks[at] > offset && batch.marks[at + 3] === MarkKind.Clock)
      return batch.marks[at + 1]
  }
  return Number.POSITIVE_INFINITY
}
