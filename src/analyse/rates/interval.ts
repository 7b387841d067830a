import { type Keys, OTHER, TOTAL } from '../counts/keys.ts'
import { Sum, Sums, type SumsState } from '../counts/sums.ts'
import { Counted } from '../origins/counted.ts'
import { type CountersState, CounterTable } from '../origins/counters.ts'
import { togetherOf } from '../origins/culprits.ts'
import type { Hitters } from '../origins/hitters.ts'
import { NOTHING_USUAL } from '../origins/origins.ts'
import { Gaps, type GapsState } from '../stream/gaps.ts'
import type { SerialFigures } from '../stream/missing.ts'
import type { Output } from '../stream/output.ts'
import { distance } from '../stream/serials.ts'
import { heartbeatOf, type MadeBy, type RowFigures } from './heartbeat.ts'

/**
 * Empty intervals that are told one by one when time moves on by more than one, an hour of the default
 * length. What is left of a longer silence is told in one.
 */
export const QUIET_INTERVALS = 360

/** Keys of an interval of which it is told who made them, those with most entries. */
const MOST_ORIGINS = 10

/** Numbers of a row's peaks: most records in a second, that second, most entries in one. */
const PEAK_WIDTH = 3

/** No serial came. */
export const NO_SERIAL = -1

/** An interval in the checkpoint. */
export interface IntervalState {
  readonly from: number | null
  readonly sums: SumsState
  readonly peaks: readonly number[]
  readonly rejected: number
  readonly incomplete: number
  readonly first: number
  readonly last: number
  readonly told: boolean
  readonly gaps: GapsState
  readonly origins: CountersState
}

/** What a closed second holds besides its sums. */
export interface SecondFigures {
  readonly rejected: number
  /** Events whose end was not seen. */
  readonly incomplete: number
  /** First and last serial, or NO_SERIAL. */
  readonly first: number
  readonly last: number
}

/** A closed second. */
interface ClosedSecond extends SecondFigures {
  readonly sums: Sums
  readonly hitters: Hitters | null
}

/** Sums the closed seconds of one node up to intervals, and makes their heartbeats. */
export class Interval {
  readonly gaps: Gaps
  readonly #node: string
  readonly #keys: Keys
  /** Seconds of an interval; intervals begin at its multiples. */
  readonly #length: number
  readonly #output: Output
  readonly #sums = new Sums()
  /** Of each row PEAK_WIDTH numbers. */
  #peaks: Float64Array
  #rejected: number
  #incomplete: number
  #first: number
  #last: number
  /** First second of the interval, null before time begins. */
  #from: number | null
  /** Something was told since time began: from then on empty intervals are told too. */
  #told: boolean
  /** Who made the interval's entries. */
  #origins: CounterTable

  constructor(node: string, keys: Keys, length: number, output: Output, state?: IntervalState) {
    this.#node = node
    this.#keys = keys
    this.#length = length
    this.#output = output
    this.#from = state?.from ?? null
    this.#sums.load(state?.sums ?? [])
    this.#peaks = Float64Array.from(state?.peaks ?? [])
    this.#rejected = state?.rejected ?? 0
    this.#incomplete = state?.incomplete ?? 0
    this.#first = state?.first ?? NO_SERIAL
    this.#last = state?.last ?? NO_SERIAL
    this.#told = state?.told ?? false
    this.#origins = new CounterTable(state?.origins)
    this.gaps = new Gaps(node, output, state?.gaps)
  }

  /** Time begins in the given second. */
  begin(second: number): void {
    this.#from = Math.floor(second / this.#length) * this.#length
    this.#told = false
  }

  /** Adds a closed second. */
  add(second: number, closed: ClosedSecond): void {
    const { sums, hitters, rejected, incomplete, first, last } = closed
    const { count } = this.#keys
    this.#sums.addAll(sums)
    this.#rejected += rejected
    this.#incomplete += incomplete
    this.#first = lower(this.#first, first)
    this.#last = higher(this.#last, last)
    if (hitters !== null) this.#origins.addAll(hitters.table, hitters.error - hitters.table.error)
    if (this.#peaks.length < count * PEAK_WIDTH) {
      const wider = new Float64Array(count * 2 * PEAK_WIDTH)
      wider.set(this.#peaks)
      this.#peaks = wider
    }
    for (let row = TOTAL; row < count; row++) {
      const at = row * PEAK_WIDTH
      const records = sums.get(row, Sum.Records)
      const entries = sums.get(row, Sum.Entries)
      if (entries > this.#peaks[at + 2]) this.#peaks[at + 2] = entries
      if (records <= this.#peaks[at]) continue
      this.#peaks[at] = records
      this.#peaks[at + 1] = second
    }
  }

  /** All seconds before `second` are closed, at this clock of the stream: intervals that lie before it are told. */
  reach(second: number, clock: number): void {
    this.gaps.reach(second, clock)
    if (this.#from === null || second < this.#from + this.#length) return
    this.#close(this.#from + this.#length)
    const end = Math.floor(second / this.#length) * this.#length
    if (this.#told)
      for (let n = 0; n < QUIET_INTERVALS && this.#from < end; n++)
        this.#close(this.#from + this.#length)
    if (this.#from < end) this.#close(end)
  }

  /** Time ends: what is summed up is told. */
  finish(): void {
    if (this.#from !== null && !this.#empty) this.#close(this.#from + this.#length)
    this.#from = null
    this.gaps.finish()
  }

  /** For the checkpoint. */
  state(): IntervalState {
    return {
      from: this.#from,
      sums: this.#sums.state(),
      peaks: [...this.#peaks],
      rejected: this.#rejected,
      incomplete: this.#incomplete,
      first: this.#first,
      last: this.#last,
      told: this.#told,
      origins: this.#origins.state(),
      gaps: this.gaps.state(),
    }
  }

  get #empty(): boolean {
    return this.#count(TOTAL) === 0 && this.#rejected === 0
  }

  #count(row: number): number {
    return this.#sums.get(row, Sum.Events) + this.#sums.get(row, Sum.Late)
  }

  /** Tells the interval up to `to`, where there is something to tell, and goes on to the next. */
  #close(to: number): void {
    const from = this.#from as number
    this.#from = to
    if (this.#empty && !this.#told) return
    this.#told = true
    const rows: number[] = []
    for (let row = TOTAL + 1; row < this.#keys.count; row++)
      if (this.#count(row) > 0) rows.push(row)
    const origins = this.#madeBy(rows, to - from)
    const keys = rows.map((row): [string, RowFigures] => [
      this.#keys.name(row) ?? '',
      { ...this.#row(row), madeBy: origins.get(row) ?? [] },
    ])
    const heartbeat = heartbeatOf({
      node: this.#node,
      boot: this.#output.boot,
      from,
      to,
      serials: this.#node === OTHER ? null : this.#serials(),
      rejected: this.#rejected,
      incomplete: this.#incomplete,
      stream: this.#output.streamOf(this.#node),
      total: this.#row(TOTAL),
      keys,
    })
    for (const part of heartbeat) this.#output.emitRate(part)
    this.#sums.clear()
    this.#peaks.fill(0)
    this.#origins = new CounterTable()
    this.#rejected = this.#incomplete = 0
    this.#first = this.#last = NO_SERIAL
  }

  #serials(): SerialFigures {
    const none = this.#first === NO_SERIAL
    return {
      first: none ? null : this.#first,
      last: none ? null : this.#last,
      ...this.gaps.heartbeat(),
    }
  }

  #row(row: number): RowFigures {
    const sum = (column: number): number => this.#sums.get(row, column)
    const at = row * PEAK_WIDTH
    const peak = this.#peaks[at] ?? 0
    return {
      events: sum(Sum.Events),
      records: sum(Sum.Records),
      entries: sum(Sum.Entries),
      bytes: sum(Sum.Bytes),
      peak,
      peakAt: peak > 0 ? this.#peaks[at + 1] : null,
      peakEntries: this.#peaks[at + 2] ?? 0,
      late: sum(Sum.Late),
      lateRecords: sum(Sum.LateRecords),
      lateEntries: sum(Sum.LateEntries),
      madeBy: [],
    }
  }

  /** Who made the rows with most entries, in an interval of so many seconds. */
  #madeBy(rows: readonly number[], seconds: number): ReadonlyMap<number, readonly MadeBy[]> {
    if (this.#origins.size === 0) return new Map()
    const entries = (row: number): number => this.#sums.get(row, Sum.Entries)
    const busiest = rows.toSorted((a, b) => entries(b) - entries(a)).slice(0, MOST_ORIGINS)
    const now = new Counted(this.#origins)
    return new Map(
      busiest.map((row) => [row, togetherOf(row, now, entries(row), seconds, NOTHING_USUAL)]),
    )
  }
}

/** The one of two serials that came first, where there are any. */
export function lower(a: number, b: number): number {
  if (a === NO_SERIAL || b === NO_SERIAL) return Math.max(a, b)
  return distance(a, b) < 0 ? b : a
}

/** The one of two serials that came last, where there are any. */
export function higher(a: number, b: number): number {
  if (a === NO_SERIAL || b === NO_SERIAL) return Math.max(a, b)
  return distance(a, b) > 0 ? b : a
}
