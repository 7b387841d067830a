import type { Severity } from '../../model/alert.ts'
import { Sum } from '../counts/sums.ts'
import type { Culprits } from '../origins/culprits.ts'
import { type Drain, isCritical, severityOf, surplusOf } from './detector.ts'
import type { Now } from './now.ts'

/** Seconds over which the worst of a flood is measured, and those over which it is held against the whole drain. */
const RECENT_S = 3
const LAST_S = 2

/** What a flood is known by, from its first second on. */
interface FloodBegin {
  readonly row: number
  /** First second. */
  readonly from: number
  /** Mean and usual peak before it, and what it had to exceed. */
  readonly level: number
  readonly usual: number
  readonly bar: number
  /** Entries a second below which it is calm. */
  readonly line: number
}

/**
 * Why a flood is told: a second was over the bar, the mean over some seconds was, or it takes a large share of
 * what can be drained, though it does no more than its key usually does.
 */
export type Why = 'peak' | 'sustained' | 'share'

/** Sums of the seconds before a flood in which its key was told of already. */
interface Before {
  readonly from: number
  readonly events: number
  readonly entries: number
  readonly all: number
  readonly peak: number
  readonly worst: number
}

const NONE_BEFORE: Before = {
  from: Number.POSITIVE_INFINITY,
  events: 0,
  entries: 0,
  all: 0,
  peak: 0,
  worst: 0,
}

/** A flood in the checkpoint. */
export type FloodState = Readonly<
  Omit<Flood, 'seconds' | 'whole' | 'recentMean' | 'severity' | 'add' | 'join' | 'state'>
>

/** A flood, or some seconds of what may become one. Sums are from its first to its last second over the line. */
export class Flood {
  readonly row: number
  readonly from: number
  readonly level: number
  readonly usual: number
  bar: number
  readonly line: number
  /** How bad it was said to be; null until it is told. */
  told: Severity | null = null
  /** Who made it when that was told; null where that is not known. */
  origins: Culprits | null = null
  /** What it was told for. */
  why: Why = 'peak'
  /** What of it was told before as a habit of its key, without its own sums. */
  before: Before | null = null
  /** Seconds over the bar in a row, and seconds since the last of them, until it is told. */
  hot = 0
  idle = 0
  /** Seconds in a row in which it was over the bar, but only took the place of other keys. */
  moved = 0
  /** Calm seconds in a row, not in the sums yet. */
  calm = 0
  until: number
  events = 0
  entries = 0
  all = 0
  calmEvents = 0
  calmEntries = 0
  calmAll = 0
  /** Most entries in a second, highest smooth rate, and most a second over RECENT_S. */
  peak = 0
  peakSmooth = 0
  worst = 0
  /** What it made more than a flood may that harms nobody, as `surplusOf` sums it up. */
  surplus = 0
  /** Entries of the last RECENT_S seconds. */
  recent: number[] = Array.from({ length: RECENT_S }, () => 0)

  constructor(begin: FloodBegin | FloodState) {
    this.row = begin.row
    this.from = this.until = begin.from
    this.level = begin.level
    this.usual = begin.usual
    this.bar = begin.bar
    this.line = begin.line
    Object.assign(this, begin)
    this.recent = [...this.recent]
  }

  /** Seconds from its first to its last over the line. */
  get seconds(): number {
    return this.until + 1 - this.from
  }

  /** Its sums with those of the seconds in which its key was told of before. */
  get whole(): Before & { readonly seconds: number } {
    const { from, events, entries, all, peak, worst } = this.before ?? NONE_BEFORE
    const begin = Math.min(from, this.from)
    return {
      from: begin,
      seconds: this.until + 1 - begin,
      events: events + this.events,
      entries: entries + this.entries,
      all: all + this.all,
      peak: Math.max(peak, this.peak),
      worst: Math.max(worst, this.worst),
    }
  }

  /** Entries a second over the last RECENT_S seconds, those before it counted as none. */
  get recentMean(): number {
    return this.#meanOver(RECENT_S)
  }

  /** How bad it is; a page only where it `mayPage`. */
  severity(drain: Drain, mayPage: boolean): Severity {
    const isPage = mayPage && isCritical(this.surplus, this.#meanOver(LAST_S), drain)
    return isPage ? 'critical' : severityOf(this.peak, drain)
  }

  /** Adds a second, in which its key made `entries` and had a `smooth` rate, and whether it was a calm one. */
  add({ second, sums, drain, all }: Now, entries: number, smooth: number, isCalm: boolean): void {
    const events = sums.get(this.row, Sum.Events)
    this.recent = [...this.recent, entries].slice(-RECENT_S)
    this.worst = Math.max(this.worst, this.recentMean)
    this.surplus = surplusOf(this.surplus, entries, drain)
    this.calmEvents += events
    this.calmEntries += entries
    this.calmAll += all
    if (isCalm) {
      this.calm++
      return
    }
    this.events += this.calmEvents
    this.entries += this.calmEntries
    this.all += this.calmAll
    this.calm = this.calmEvents = this.calmEntries = this.calmAll = 0
    this.until = second
    this.peak = Math.max(this.peak, entries)
    this.peakSmooth = Math.max(this.peakSmooth, smooth)
  }

  /** Goes on from a habit of its key, which has the seconds of this flood too. */
  join(habit: Flood): void {
    const { from, peak, worst } = habit
    const events = habit.events + habit.calmEvents - this.events
    const entries = habit.entries + habit.calmEntries - this.entries
    const all = habit.all + habit.calmAll - this.all
    this.before = { from, events, entries, all, peak, worst }
  }

  /** For the checkpoint. */
  state(): FloodState {
    return Object.assign({}, this, { recent: [...this.recent] })
  }

  #meanOver(seconds: number): number {
    return this.recent.slice(-seconds).reduce((sum, entries) => sum + entries, 0) / seconds
  }
}
