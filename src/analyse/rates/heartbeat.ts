import { timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { jsonText } from '../../model/json.ts'
import { perSecond } from '../counts/figures.ts'
import type { SerialFigures } from '../stream/missing.ts'
import type { StreamFigures } from '../stream/stream.ts'

/** Version of the heartbeat. */
const VERSION = 1

/**
 * Bytes of rows after which a heartbeat goes on in another part: half of what a broker takes in one
 * message by default (`message.max.bytes`, 1 MB).
 */
const PART_BYTES = 500_000

/** Who made entries of a row, of all kinds together. */
export interface MadeBy {
  readonly program: string
  readonly user: string
  readonly call: string
  readonly path: string
  /** As in `Culprit`. */
  readonly share: number
  readonly error: number
}

/** Sums of one row: of a key, or of all. */
export interface RowFigures {
  readonly events: number
  readonly records: number
  readonly entries: number
  readonly bytes: number
  /** Most records in one second, and that second. */
  readonly peak: number
  readonly peakAt: number | null
  /** Most entries in one second. */
  readonly peakEntries: number
  /** Events that came too late for their own interval, their records and entries. */
  readonly late: number
  readonly lateRecords: number
  readonly lateEntries: number
  /** Those that made most of the entries; empty where that is not known. */
  readonly madeBy: readonly MadeBy[]
}

/** What a heartbeat is made of. */
export interface HeartbeatFigures {
  readonly node: string
  /** Boot id of the stream's writer, null where unknown. */
  readonly boot: string | null
  /** First second, and the second after the last. */
  readonly from: number
  readonly to: number
  /** Null where several nodes are counted as one. */
  readonly serials: SerialFigures | null
  readonly rejected: number
  /** Events whose end was not seen, late ones too. */
  readonly incomplete: number
  readonly stream: StreamFigures | null
  readonly total: RowFigures
  readonly keys: readonly (readonly [string, RowFigures])[]
}

/** The heartbeat of one node and interval, in as many parts as its rows need. */
export function heartbeatOf(figures: HeartbeatFigures): Message[] {
  const { node, boot, from, to, serials, rejected, incomplete, stream, total } = figures
  const seconds = to - from
  const events = total.events + total.late
  const records = total.records + total.lateRecords
  const entries = total.entries + total.lateEntries
  const parts = partsOf(figures.keys.map(([key, row]) => ({ key, ...rowOf(row, seconds) })))
  return parts.map((keys, i) => ({
    type: 'rates',
    v: VERSION,
    node,
    from: timeText(from * 1000),
    to: timeText(to * 1000),
    part: i + 1,
    parts: parts.length,
    boot,
    serials,
    in: { events, records, entries },
    out: { events, records },
    filtered: 0,
    rejected,
    incomplete,
    stream,
    total: rowOf(total, seconds),
    keys,
  }))
}

function rowOf(figures: RowFigures, seconds: number): Message {
  const { events, records, entries, bytes, peak, peakAt, peakEntries, late, madeBy } = figures
  return {
    events,
    records,
    entries,
    bytes,
    events_per_s: perSecond(events, seconds),
    records_per_s: perSecond(records, seconds),
    bytes_per_s: perSecond(bytes, seconds),
    peak_records_per_s: peak,
    peak_at: peakAt === null ? null : timeText(peakAt * 1000),
    peak_entries_per_s: peakEntries,
    late,
    ...(madeBy.length === 0 ? {} : { origins: madeBy.map(originOf) }),
  }
}

function originOf({ program, user, call, path, share, error }: MadeBy): Message {
  return { program, user, call, path, share, error }
}

/** The rows in groups of about PART_BYTES; one empty group where there are none. */
function partsOf(rows: readonly Message[]): Message[][] {
  const parts: Message[][] = [[]]
  let bytes = 0
  for (const row of rows) {
    const size = Buffer.byteLength(jsonText(row)) + 1
    if (bytes > 0 && bytes + size > PART_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts[parts.length - 1].push(row)
    bytes += size
  }
  return parts
}
