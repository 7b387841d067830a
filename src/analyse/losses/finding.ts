import { type Cause, diagnose } from './diagnosis.ts'
import type { Sign } from './signs.ts'

/** Serials that did not come, for no reason that the spool knows. */
export interface Absent {
  /** Those that will not, up to a clock of the stream. */
  readonly sure: number
  readonly until: number
  /** With those that may still be open in the stream. */
  readonly all: number
}

/** What the stream says of a loss. Times in ms since the epoch. */
export interface StreamView {
  /** Serials that did not come since a time, and showed after a clock of the stream. */
  gaps(from: number, after: number): Absent
  /** What was made up to a time is still on a way that takes long. */
  lacks(time: number): boolean
  /** All that was made up to a time has come. */
  isIn(time: number): boolean
  /** More was on the way since a time than the kernel, with a limit of so many entries, and the sockets hold. */
  isBehind(since: number, limit: number): boolean
}

/** What of a loss that was told one that goes on needs. */
export interface Before {
  readonly to: number
  readonly since: number
  readonly until: number
}

/** A loss, and what was seen around it. */
interface Seen {
  readonly from: number
  readonly to: number
  readonly losses: number
  readonly limit: number | null
  readonly signs: ReadonlyMap<Sign, number>
}

/** Why something was lost. */
export interface Found {
  readonly cause: Cause
  readonly gaps: number
  /** Milliseconds after it was read for which it is not told, while what is still to come may tell more. */
  readonly waitMs: number
  /** Since when, and up to which clock of the stream, gaps are counted. */
  readonly since: number
  readonly until: number
}

/** Milliseconds after a loss in which what else the burst costs comes to be known. */
const SETTLE_MS = 1000
/** The same where it may be another cause, or is told already: events are open for 2 s behind a way that takes long. */
const DOUBT_MS = 4000
/** Milliseconds after a loss in which another goes on with it. */
const GOES_ON_MS = 5000

/** Why something was lost, by what is known now; `before` is what was told last. */
export function findCause(
  { from, to, losses, limit, signs }: Seen,
  stream: StreamView,
  before: Before | null,
): Found {
  const goesOn = before !== null && from - before.to <= GOES_ON_MS
  const since = goesOn ? before.since : from
  const gaps = stream.gaps(since, goesOn ? before.until : -1)
  const isBehind = limit !== null && stream.isBehind(from, limit)
  const lacks = stream.lacks(to)
  const cause = diagnose({ losses, gaps: gaps.sure, isBehind, signs })
  const other = diagnose({ losses, gaps: gaps.all, isBehind: isBehind || lacks, signs })
  // What goes on was told at once, the rest is counted whole; a rate limit is counted by nothing but gaps.
  const isOpen = (goesOn || cause === 'rate_limit') && (gaps.all > gaps.sure || lacks)
  const waitMs = other !== cause || isOpen ? DOUBT_MS : SETTLE_MS
  return { cause, gaps: gaps.sure, waitMs, since, until: gaps.until }
}
