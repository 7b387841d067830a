import { Counted } from './counted.ts'
import { type CountersState, CounterTable } from './counters.ts'
import { type Culprits, culpritsOf, type Usual } from './culprits.ts'
import type { Hitters } from './hitters.ts'

/** Seconds after which what is usual counts for half. */
const HALF_LIFE_S = 10

/** For who asks for those that make most, whatever is usual. */
export const NOTHING_USUAL: Usual = { counted: new Counted(new CounterTable()), seconds: 1 }

/** The origins of a node in the checkpoint. */
export interface OriginsState {
  readonly usual: CountersState
  readonly weight: number
  readonly halved: number
}

/**
 * Who usually makes the entries of a node's keys, from closed seconds, so that who makes more than that can be told
 * from who always makes them.
 */
export class Origins {
  readonly #usual: CounterTable
  /** Seconds that are in it, as far as they still count. */
  #weight: number
  /** Second at which they were halved last. */
  #halved: number

  constructor(state?: OriginsState) {
    this.#usual = new CounterTable(state?.usual)
    this.#weight = state?.weight ?? 0
    this.#halved = state?.halved ?? 0
  }

  /** Adds a closed second, null for one in which nothing came. Seconds come in order; empty ones may be left out. */
  add(second: number, hitters: Hitters | null): void {
    for (; this.#halved + HALF_LIFE_S <= second && this.#weight >= 1; this.#halved += HALF_LIFE_S) {
      this.#usual.halve()
      this.#weight /= 2
    }
    if (this.#weight < 1) this.#halved = second
    this.#weight++
    if (hitters !== null) this.#usual.addAll(hitters.table, hitters.error - hitters.table.error)
  }

  /**
   * Who made the `entries` of a key's row in some seconds; null where nothing is known of that.
   *
   * @param hitters - those of the seconds in which something came, of `length` in all.
   */
  attribute(
    row: number,
    hitters: readonly Hitters[],
    length: number,
    entries: number,
  ): Culprits | null {
    const now = countedOf(hitters)
    if (now === null) return null
    const usual = { counted: new Counted(this.#usual), seconds: Math.max(1, this.#weight) }
    return culpritsOf(row, now, entries, length, usual)
  }

  /** For the checkpoint. */
  state(): OriginsState {
    return { usual: this.#usual.state(), weight: this.#weight, halved: this.#halved }
  }
}

/** The counters of some seconds, added up; null where there are none. */
export function countedOf(hitters: readonly Hitters[]): Counted | null {
  const sum = new CounterTable()
  for (const { table, error } of hitters) sum.addAll(table, error - table.error)
  return sum.size === 0 ? null : new Counted(sum)
}
