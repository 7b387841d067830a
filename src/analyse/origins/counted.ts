import type { CounterTable } from './counters.ts'
import type { Counter, Facet } from './sought.ts'

/** More than there are facets. */
const FACETS = 8

const NONE: readonly Counter[] = []

/** The counters of a table as they are now, by row and facet: for who asks for many of them. */
export class Counted {
  /** Entries that any count may be too low by. */
  readonly error: number
  readonly #variances: ReadonlyMap<number, number>
  readonly #of = new Map<number, Counter[]>()

  constructor(table: CounterTable) {
    this.error = table.error
    this.#variances = new Map(table.variances)
    for (const counter of table) {
      const at = counter.row * FACETS + counter.facet
      const alike = this.#of.get(at)
      if (alike === undefined) this.#of.set(at, [counter])
      else alike.push(counter)
    }
  }

  /** How far counts of a row may be off by chance, as `CounterTable.variances` says it. */
  variance(row: number): number {
    return this.#variances.get(row) ?? 0
  }

  /** Those of a row by one facet, in the order in which they came. */
  of(row: number, facet: Facet): readonly Counter[] {
    return this.#of.get(row * FACETS + facet) ?? NONE
  }
}
