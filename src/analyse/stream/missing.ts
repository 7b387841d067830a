import { timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { type Gap, sizeOf } from './serials.ts'

/** Ranges that a heartbeat or an alert lists; a second of losses can make thousands. */
const MOST_RANGES = 20

/** Serials of an interval; null where none came. */
export interface SerialFigures {
  readonly first: number | null
  readonly last: number | null
  /** Serials that were skipped in it and did not come within 10 s. */
  readonly missing: number
  /** The first of the ranges that they make, and how many more there are. */
  readonly ranges: readonly Message[]
  readonly more: number
}

/** Sums over gaps, in the checkpoint. */
export interface MissingState {
  readonly count: number
  readonly known: number
  readonly ranges: readonly Message[]
  readonly more: number
  readonly before: number
  readonly after: number
}

/** Gaps that are told together: how much is missing, and the first of them one by one. */
export class Missing {
  /** Serials in all of them, and in those with a reason. */
  count: number
  known: number
  readonly ranges: Message[]
  /** Gaps beyond those in `ranges`. */
  more: number
  /** Stamps of the events around them, ms since the epoch; 0 while there are none. */
  before: number
  after: number

  constructor(state?: MissingState) {
    this.count = state?.count ?? 0
    this.known = state?.known ?? 0
    this.ranges = [...(state?.ranges ?? [])]
    this.more = state?.more ?? 0
    this.before = state?.before ?? 0
    this.after = state?.after ?? 0
  }

  /** Adds a gap. */
  add(gap: Gap): void {
    const count = sizeOf(gap)
    this.before = this.count === 0 ? gap.before : Math.min(this.before, gap.before)
    this.after = Math.max(this.after, gap.after)
    this.count += count
    if (gap.why !== null) this.known += count
    if (this.ranges.length >= MOST_RANGES) {
      this.more++
      return
    }
    const { first: from, last: to, before, after, why } = gap
    this.ranges.push({
      from,
      to,
      count,
      before: timeText(before),
      after: timeText(after),
      why,
    })
  }

  /** For the checkpoint. */
  state(): MissingState {
    const { count, known, ranges, more, before, after } = this
    return { count, known, ranges, more, before, after }
  }
}
