import { createHash } from 'node:crypto'

/** Serials in a row that a heartbeat says did not come. */
export interface MissingRange {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly before: string
  readonly after: string
  readonly why: string | null
}

/** A place at which lines are missing in a section of the stream; null where nobody knows how much. */
export interface MissingLines {
  readonly why: string
  readonly at: string
  readonly lines: number | null
  readonly bytes: number | null
}

/** A section of the stream, as a heartbeat tells it. */
export interface Section {
  readonly host: string
  readonly from: string
  readonly to: string
  readonly dropped_lines: number
  readonly holes: readonly MissingLines[]
}

/** The members of a heartbeat that are looked at (docs/contracts.md, Heartbeats). */
interface Members {
  readonly type: 'rates'
  readonly v: 1
  readonly node: string
  readonly boot: string | null
  readonly from: string
  readonly to: string
  readonly part: number
  readonly parts: number
  readonly serials: {
    readonly first: number | null
    readonly last: number | null
    readonly missing: number
    readonly ranges: readonly MissingRange[]
    readonly more: number
  } | null
  readonly in: { readonly events: number; readonly records: number }
  readonly out: { readonly events: number; readonly records: number }
  readonly filtered: number
  readonly rejected: number
  readonly incomplete: number
  readonly stream: Section | null
  readonly total: { readonly events: number; readonly late: number }
}

/** A heartbeat as it was read. */
export interface Heartbeat extends Members {
  /** `from` and `to`, ms since the epoch. */
  readonly start: number
  readonly end: number
  /** What the kernel counted as lost within the interval; null where nobody looked. */
  readonly lost: number | null
  /** Over all that is the same when it is told again. */
  readonly digest: string
}

/** A line of a rates file as a heartbeat, or null where it is none. */
export function readHeartbeat(line: string): Heartbeat | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (!isHeartbeat(value)) return null
  const { now, ...same } = value
  const { node, boot, from, to, part, parts, serials, filtered, rejected, incomplete } = same
  const { stream, total } = same
  return {
    type: 'rates',
    v: 1,
    node,
    boot,
    from,
    to,
    part,
    parts,
    serials,
    in: same.in,
    out: same.out,
    filtered,
    rejected,
    incomplete,
    stream,
    total,
    start: Date.parse(from),
    end: Date.parse(to),
    lost: now?.lost_delta ?? null,
    digest: createHash('sha256').update(JSON.stringify(same)).digest('base64'),
  }
}

type Told = Members & { readonly now?: { readonly lost_delta: number | null } }

function isHeartbeat(value: unknown): value is Told {
  if (!isObject(value)) return false
  const { type, v, node, from, to, part, parts, serials, stream, total } = value
  return (
    type === 'rates' &&
    v === 1 &&
    typeof node === 'string' &&
    isTime(from) &&
    isTime(to) &&
    isCount(part) &&
    isCount(parts) &&
    isObject(value['in']) &&
    isObject(value['out']) &&
    isObject(total) &&
    (serials === null || (isObject(serials) && Array.isArray(serials['ranges']))) &&
    (stream === null || (isObject(stream) && Array.isArray(stream['holes'])))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
