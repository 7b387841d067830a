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
  /** Digest of the section's bytes; null where they could not be kept, then perhaps not when it is told again. */
  readonly sha256: string | null
  /** Over all else that is the same when it is told again. */
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
  const { sha256 = null, ...section } = (stream ?? {}) as { readonly sha256?: string | null }
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
    sha256,
    digest: createHash('sha256')
      .update(JSON.stringify({ ...same, stream: section }))
      .digest('base64'),
  }
}

/** Whether two heartbeats of one interval say the same. */
export function isSame(a: Heartbeat, b: Heartbeat): boolean {
  const isOneDigest = a.sha256 === null || b.sha256 === null || a.sha256 === b.sha256
  return isOneDigest && a.digest === b.digest
}

type Told = Members & { readonly now?: { readonly lost_delta: number | null } }

function isHeartbeat(value: unknown): value is Told {
  if (!isObject(value)) return false
  const { type, v, node, boot, from, to, part, parts, serials, stream, total } = value
  const { filtered, rejected, incomplete, in: came, out: given, now = null } = value
  return (
    type === 'rates' &&
    v === 1 &&
    typeof node === 'string' &&
    (boot === null || typeof boot === 'string') &&
    isTime(from) &&
    isTime(to) &&
    [part, parts, filtered, rejected, incomplete].every(isCount) &&
    isObject(came) &&
    isObject(given) &&
    isObject(total) &&
    [came['events'], came['records'], given['events'], total['events'], total['late']].every(
      isCount,
    ) &&
    (serials === null || isSerials(serials)) &&
    (stream === null || isSection(stream)) &&
    (now === null || (isObject(now) && isCountOrNull(now['lost_delta'])))
  )
}

function isSerials(value: unknown): boolean {
  if (!isObject(value)) return false
  const { first, last, missing, ranges, more } = value
  return (
    isCountOrNull(first) &&
    isCountOrNull(last) &&
    isCount(missing) &&
    isCount(more) &&
    Array.isArray(ranges) &&
    ranges.every(isRange)
  )
}

function isRange(value: unknown): boolean {
  if (!isObject(value)) return false
  const { from, to, count, before, after, why } = value
  return (
    [from, to, count].every(isCount) &&
    isTime(before) &&
    isTime(after) &&
    (why === null || typeof why === 'string')
  )
}

function isSection(value: unknown): boolean {
  if (!isObject(value)) return false
  const { host, from, to, dropped_lines: dropped, holes } = value
  return (
    [host, from, to].every((text) => typeof text === 'string') &&
    isCount(dropped) &&
    Array.isArray(holes) &&
    holes.every(isHole)
  )
}

function isHole(value: unknown): boolean {
  if (!isObject(value)) return false
  const { why, at, lines } = value
  return typeof why === 'string' && typeof at === 'string' && isCountOrNull(lines)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isCountOrNull(value: unknown): boolean {
  return value === null || isCount(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
