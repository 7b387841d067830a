import type { WindowStatus } from '../../model/status.ts'
import { type Keys, type KeyTally, TOTAL } from '../counts/keys.ts'
import type { Minute } from '../counts/minute.ts'
import { Sum, type Sums } from '../counts/sums.ts'
import { type Culprits, culpritsOf } from '../origins/culprits.ts'
import type { Hitters } from '../origins/hitters.ts'
import { countedOf, NOTHING_USUAL, type Origins } from '../origins/origins.ts'
import type { History } from './history.ts'
import type { Second } from './second.ts'

/** Keys of a node whose rates are told, the busiest: those of all nodes would take longer than a second to reckon. */
export const MOST_KEYS = 20

/** Seconds over which it is told who makes the entries of a key: as long as seconds are open. */
export const ORIGINS_S = 10

const MINUTE_S = 60
const QUARTER_S = 900
/** Less than one entry a second of the last minute counts for, whatever the quarter of an hour had. */
const FRACTION = 1e-9

/** Rates of a key, null for all of them together, over each of WINDOWS. */
export interface KeyRates {
  readonly key: string | null
  /** Its row of sums. */
  readonly row: number
  readonly windows: readonly WindowStatus[]
}

/** Rates of a node up to a second. */
export interface NodeRates {
  readonly node: string
  readonly until: number
  /** The total, and then the busiest keys, the first of them most. */
  readonly rows: readonly KeyRates[]
}

/** The seconds of a node: those before `closed` are in its history, those before `judged` are over. */
interface Seconds {
  readonly closed: number
  readonly judged: number
  /** An open second. */
  readonly slot: (second: number) => Second
}

/** What a node made in its last seconds, for whoever asks. */
export class Recent {
  readonly #keys: Keys
  readonly #history: History
  readonly #minute: Minute
  readonly #origins: Origins
  readonly #seconds: () => Seconds

  constructor(
    keys: Keys,
    history: History,
    minute: Minute,
    origins: Origins,
    seconds: () => Seconds,
  ) {
    this.#keys = keys
    this.#history = history
    this.#minute = minute
    this.#origins = origins
    this.#seconds = seconds
  }

  /** What each key made in a second, the busiest of one that is closed; null where that is not known any more. */
  tallyOf(second: number): readonly KeyTally[] | null {
    const { closed, slot } = this.#seconds()
    if (second < closed) return this.#minute.tallyOf(second, this.#keys)
    const sums = sumsOf(slot(second))
    return sums === null ? null : this.#keys.tally(sums)
  }

  /**
   * What is busier comes first: entries of the last minute and then of the last quarter of an hour; NaN for a row
   * without a history.
   */
  busyness(row: number = TOTAL): number {
    const { closed, judged, slot } = this.#seconds()
    const entries = (length: number): number =>
      this.#history.entries(row, length, closed, judged, (second) => sumsOf(slot(second)))
    return entries(MINUTE_S) + FRACTION * entries(QUARTER_S)
  }

  /** Rates of the total and of the busiest keys over each of WINDOWS. */
  rates(node: string): NodeRates {
    const { closed, judged, slot } = this.#seconds()
    const rows: { row: number; busyness: number }[] = []
    for (let row = TOTAL + 1; row < this.#keys.count; row++) {
      const busyness = this.busyness(row)
      if (Number.isNaN(busyness)) break
      rows.push({ row, busyness })
    }
    const busiest = rows.toSorted((a, b) => b.busyness - a.busyness).slice(0, MOST_KEYS)
    return {
      node,
      until: judged,
      rows: [TOTAL, ...busiest.map(({ row }) => row)].flatMap((row) => {
        const windows = this.#history.rates(row, closed, judged, (second) => sumsOf(slot(second)))
        return windows === null ? [] : [{ key: this.#keys.name(row), row, windows }]
      }),
    }
  }

  /** Who made the entries of some rows in the last ORIGINS_S seconds; null for each of which that is not known. */
  origins(rows: readonly number[]): (Culprits | null)[] {
    const { judged } = this.#seconds()
    const { hitters, start, end } = this.#open(judged - ORIGINS_S, judged)
    const now = countedOf(hitters)
    return rows.map((row) => {
      const entries = this.#entries(row, start, end)
      if (now === null || entries === 0) return null
      const culprits = culpritsOf(row, now, entries, end - start, NOTHING_USUAL)
      const isKnown = Object.values(culprits).some((of: readonly unknown[]) => of.length > 0)
      return isKnown ? culprits : null
    })
  }

  /** Who made a row's entries in the seconds `from … to`, as far as these are open, above what is usual. */
  culprits(row: number, from: number, to: number): Culprits | null {
    const { hitters, start, end } = this.#open(from, to + 1)
    const entries = this.#entries(row, start, end)
    return entries === 0 ? null : this.#origins.attribute(row, hitters, end - start, entries)
  }

  /** Who made what in the seconds before `end`, as far as these are open. */
  #open(from: number, end: number): { hitters: Hitters[]; start: number; end: number } {
    const { closed, slot } = this.#seconds()
    const start = Math.max(from, closed)
    const hitters: Hitters[] = []
    for (let second = start; second < end; second++) {
      const { hitters: of } = slot(second)
      if (of !== null) hitters.push(of)
    }
    return { hitters, start, end }
  }

  #entries(row: number, start: number, end: number): number {
    const { slot } = this.#seconds()
    let entries = 0
    for (let second = start; second < end; second++)
      entries += sumsOf(slot(second))?.get(row, Sum.Entries) ?? 0
    return entries
  }
}

function sumsOf({ isUsed, sums }: Second): Sums | null {
  return isUsed ? sums : null
}
