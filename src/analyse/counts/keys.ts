import { KEY_SEPARATOR } from '../../model/key-set.ts'
import { Sum, type Sums } from './sums.ts'

/** Keys one node may have before the rest is counted together. */
export const MAX_KEYS = 10_000

/** Name under which keys beyond MAX_KEYS, and nodes beyond MAX_NODES, are counted together. */
export const OTHER = '(other)'

/** Row of the sums over all events; the rows of keys follow it. */
export const TOTAL = 0

/** What one key made. */
export interface KeyTally {
  readonly key: string
  readonly events: number
  readonly records: number
  readonly entries: number
}

/** Key lists remembered per node; beyond, they are looked up anew. */
const MAX_SETS = 20_000

/**
 * Rule keys of one node, by row. An event with several keys counts in the row of each, an event with
 * none in the row of the key ''.
 */
export class Keys {
  readonly #max: number
  readonly #names: string[]
  readonly #rows = new Map<string, number>()
  readonly #sets = new Map<string, Uint32Array>()
  /** The run whose key lists were looked up last, and the rows of each. */
  #runs = 0
  #rowsOfRun: (Uint32Array | undefined)[] = []

  constructor(names: readonly string[] = [], max: number = MAX_KEYS) {
    this.#max = max
    this.#names = [...names]
    for (const [i, name] of names.entries()) this.#rows.set(name, i + 1)
  }

  /** Rows in use, the total's included. */
  get count(): number {
    return this.#names.length + 1
  }

  /** All keys in row order, for the checkpoint. */
  get names(): readonly string[] {
    return this.#names
  }

  /** The key of a row, null for the total. */
  name(row: number): string | null {
    return row === TOTAL ? null : this.#names[row - 1]
  }

  /** What each key made by a table of sums; those that made nothing are left out. */
  tally(sums: Sums): KeyTally[] {
    return this.#names
      .map((key, i) => ({
        key,
        events: sums.get(i + 1, Sum.Events),
        records: sums.get(i + 1, Sum.Records),
        entries: sums.get(i + 1, Sum.Entries),
      }))
      .filter(({ events }) => events > 0)
  }

  /** The rows that an event of this key list counts in, besides the total. */
  rowsOf(set: string): Uint32Array {
    const known = this.#sets.get(set)
    if (known) return known
    if (this.#sets.size >= MAX_SETS) this.#sets.clear()
    const rows = Uint32Array.from(new Set(set.split(KEY_SEPARATOR).map((key) => this.#row(key))))
    this.#sets.set(set, rows)
    return rows
  }

  /** The same of key list `set` among those of run number `runs`. */
  rowsIn(keySets: readonly string[], set: number, runs: number): Uint32Array {
    if (runs !== this.#runs) {
      this.#runs = runs
      this.#rowsOfRun = []
    }
    return (this.#rowsOfRun[set] ??= this.rowsOf(keySets[set]))
  }

  #row(key: string): number {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    if (this.#names.length >= this.#max && key !== OTHER) return this.#row(OTHER)
    this.#names.push(key)
    this.#rows.set(key, this.#names.length)
    return this.#names.length
  }
}
