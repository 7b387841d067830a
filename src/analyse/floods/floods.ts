import type { Severity } from '../../model/alert.ts'
import { type Keys, TOTAL } from '../counts/keys.ts'
import { Sum, Sums } from '../counts/sums.ts'
import type { Baseline } from './baseline.ts'
import { Baselines, type BaselinesState } from './baselines.ts'
import {
  ACCEPTED_S,
  barOf,
  CALM_S,
  calmOf,
  type Drain,
  drainOf,
  hasRisen,
  hotSecondsOf,
  lineOf,
  settlingBarOf,
  smoothBarOf,
} from './detector.ts'
import { Flood, type FloodState } from './flood.ts'
import type { Over } from './flood-alerts.ts'
import { Habits } from './habits.ts'
import type { Now } from './now.ts'
import { type FloodsOutput, Teller } from './teller.ts'

/** Seconds at the beginning of time that are not judged: the first of them may be half a one. */
const UNJUDGED_S = 2

/** Seconds without a hot one after which what may become a flood begins anew. */
const IDLE_S = 5

/** What a flood reached is learned when it was no longer than this, or took less of the drain. */
const BURST_S = 5
const HARMLESS_SHARE = 0.25

/** How far above its mean a key that took another's place may go, from what it did in IDLE_S seconds. */
const MOVED_PEAK = 1.5
const MOVED_SPREAD = 0.1

/** Share of the least flood that a key has to make for another to be forgotten for it. */
const WORTH = 0.125

/** Seconds of a flood that begins with time before it may be critical: a boot is over by then. */
const SETTLING_CRITICAL_S = 10

const NOTHING = new Sums()

const RANK = { info: 0, warning: 1, critical: 2 } as const

/** The memory of the flood rule in the checkpoint. */
export interface FloodsState {
  readonly baselines: BaselinesState
  readonly floods: readonly FloodState[]
  readonly habits: readonly FloodState[]
}

/** Watches the keys of one node second by second, and tells when a flood begins, grows and ends. */
export class Floods {
  readonly #keys: Keys
  readonly #output: FloodsOutput
  readonly #teller: Teller
  readonly #baselines: Baselines
  /** By row: floods, and what may become one. */
  readonly #floods = new Map<number, Flood>()
  /** Keys that take much and are in no flood. */
  readonly #habits: Habits

  constructor(keys: Keys, node: string, output: FloodsOutput, state?: FloodsState) {
    this.#keys = keys
    this.#output = output
    this.#teller = new Teller(keys, node, output)
    this.#baselines = new Baselines(state?.baselines)
    this.#habits = new Habits(this.#teller, state?.habits)
    for (const flood of state?.floods ?? []) this.#floods.set(flood.row, new Flood(flood))
  }

  /** Takes the sums of a second; seconds come in order, those without events as `quiet`. */
  second(second: number, sums: Sums): void {
    const baselines = this.#baselines
    const all = sums.get(TOTAL, Sum.Entries)
    if (!baselines.started && all === 0) return
    baselines.reach(second)
    const drain = drainOf(this.#output.drain())
    const excess = this.#excess(sums)
    const now = { second, sums, drain, all, rise: all - excess - baselines.usual, excess }
    const worth = WORTH * drain.floor
    for (let row = TOTAL + 1; row < this.#keys.count; row++) {
      const entries = sums.get(row, Sum.Entries)
      let base = baselines.get(row)
      if (base === undefined && entries > 0) base = this.#admit(row, entries, worth)
      if (base === undefined) continue
      base.take(entries)
      const flood = this.#floods.get(row)
      if (flood?.told) this.#follow(flood, base, entries, now)
      else this.#look(flood, base, entries, now)
    }
    baselines.learnPace(all - now.excess)
  }

  /** Takes `n` seconds without events, the first of them `second`. */
  quiet(second: number, n: number): void {
    if (!this.#baselines.started) return
    let i = 0
    while (i < n && this.#isBusy) this.second(second + i++, NOTHING)
    if (i < n) this.#baselines.fade(n - i)
  }

  /** Ends every flood: the stream is over, or its time begins anew; with a boot where one is known of. */
  finish(booted = false): void {
    for (const flood of this.#floods.values()) if (flood.told) this.#teller.end(flood, 'stream')
    this.#floods.clear()
    this.#habits.finish()
    this.#baselines.stop(booted)
  }

  /** For the checkpoint. */
  state(): FloodsState {
    return {
      baselines: this.#baselines.state(),
      floods: [...this.#floods.values()].map((flood) => flood.state()),
      habits: this.#habits.state(),
    }
  }

  /** A second without anything has something to say. */
  get #isBusy(): boolean {
    return this.#floods.size > 0 || this.#habits.size > 0 || this.#baselines.settling
  }

  #admit(row: number, entries: number, worth: number): Baseline | undefined {
    const isKept = (kept: number): boolean => this.#floods.has(kept) || this.#habits.has(kept)
    return this.#baselines.admit(row, entries, worth, isKept)
  }

  /** What the floods that were told make above the mean of their keys. */
  #excess(sums: Sums): number {
    let excess = 0
    for (const { told, row, level } of this.#floods.values())
      if (told) excess += Math.max(0, sums.get(row, Sum.Entries) - level)
    return excess
  }

  /** A key without a flood: it may have a habit, which may become one. */
  #look(known: Flood | undefined, base: Baseline, entries: number, now: Now): void {
    this.#habits.follow(base, entries, now)
    this.#watch(known, base, entries, now)
    const flood = this.#floods.get(base.row)
    if (flood?.told || this.#baselines.settling) return
    this.#habits.watch(base, entries, now, flood)
  }

  /** A key without a flood: learns, and sees whether one begins. */
  #watch(known: Flood | undefined, base: Baseline, entries: number, now: Now): void {
    const { drain, second } = now
    const { settling, settled } = this.#baselines
    const line = lineOf(base, drain)
    if ((known === undefined && entries < line) || settled <= UNJUDGED_S) {
      this.#learn(base, entries)
      return
    }
    const bar = this.#barOf(base, now)
    const isMore = hasRisen(base, entries, now)
    const isHot = entries >= bar && isMore
    if (isHot) now.excess += entries - base.level
    else this.#learn(base, entries)
    if (known && (entries < known.line || known.idle >= IDLE_S)) {
      this.#drop(known, base)
      return
    }
    const flood = known ?? this.#begin(base, second, bar, line)
    flood.add(now, entries, base.smooth, false)
    flood.hot = isHot ? flood.hot + 1 : 0
    flood.idle = isHot ? 0 : flood.idle + 1
    flood.moved = entries >= bar && !isMore ? flood.moved + 1 : 0
    const smoothBar = smoothBarOf(base, drain)
    const isSustained = !settling && isMore && Math.min(base.smooth, entries) >= smoothBar
    const isSure = flood.hot >= hotSecondsOf(base, drain, entries, settling)
    if (!isSure && !isSustained) return
    flood.why = isSure ? 'peak' : 'sustained'
    flood.bar = isSure ? bar : smoothBar
    flood.told = this.#severityOf(flood, drain)
    const habit = this.#habits.take(base.row)
    if (habit === undefined) {
      base.calm = calmOf(base, second)
      this.#teller.start(flood, flood.told, now)
    } else {
      flood.join(habit)
      this.#teller.worse(flood, flood.told, now)
    }
  }

  /** It was none. What took another key's place is usual at once. */
  #drop(flood: Flood, base: Baseline): void {
    this.#floods.delete(base.row)
    base.learnPeak(flood.peak - base.level, flood.peakSmooth - base.level)
    if (flood.moved < IDLE_S) return
    const level = flood.recentMean
    const peak = MOVED_PEAK * (flood.peak - level) + MOVED_SPREAD * level
    base.accept(level, peak, peak / 2, this.#baselines.block)
  }

  /** A key in flood: says when it grows worse, and when it is over. */
  #follow(flood: Flood, base: Baseline, entries: number, now: Now): void {
    const { drain } = now
    const isLow = entries < flood.line || (base.smooth < flood.line && flood.seconds > CALM_S)
    flood.add(now, entries, base.smooth, isLow)
    if (flood.calm >= base.calm) {
      this.#learnFlood(flood, base, drain)
      base.endedAt = flood.until + 1
      base.smooth = entries
      this.#end(flood, 'calm')
    } else if (flood.seconds >= ACCEPTED_S) {
      const level = base.smooth
      base.accept(level, flood.peak - level, flood.peakSmooth - level, this.#baselines.block)
      this.#end(flood, 'usual')
    } else this.#raise(flood, now)
  }

  #raise(flood: Flood, now: Now): void {
    const severity = this.#severityOf(flood, now.drain)
    if (flood.told === null || RANK[severity] <= RANK[flood.told]) return
    flood.told = severity
    this.#teller.worse(flood, severity, now)
  }

  #end(flood: Flood, over: Over): void {
    this.#floods.delete(flood.row)
    this.#teller.end(flood, over)
  }

  #begin(base: Baseline, second: number, bar: number, line: number): Flood {
    const { row, level } = base
    const flood = new Flood({ row, from: second, level, usual: level + base.peak, bar, line })
    this.#floods.set(row, flood)
    return flood
  }

  #learn(base: Baseline, entries: number): void {
    base.learnLevel(entries, this.#baselines.age)
    base.learnPeak(entries - base.level, base.smooth - base.level)
  }

  /**
   * What was short or harmless may become usual. Of the others every second one, and a critical one
   * only by its hour of the day.
   */
  #learnFlood(flood: Flood, base: Baseline, drain: Drain): void {
    const { level, peak, peakSmooth, worst, told } = flood
    if (flood.seconds > BURST_S && worst >= HARMLESS_SHARE * drain.perSecond) {
      base.skipped = told === 'critical' || !base.skipped
      if (base.skipped) return
    }
    base.learnBurst(peak - level, peakSmooth - level, this.#baselines.block)
  }

  #barOf(base: Baseline, { drain, all }: Now): number {
    const { settling, booted } = this.#baselines
    return settling ? settlingBarOf(base, drain, booted, all) : barOf(base, drain)
  }

  #severityOf(flood: Flood, drain: Drain): Severity {
    const mayPage = !this.#baselines.settling || flood.seconds >= SETTLING_CRITICAL_S
    return flood.severity(drain, mayPage)
  }
}
