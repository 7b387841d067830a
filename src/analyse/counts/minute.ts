import type { Keys, KeyTally } from './keys.ts'
import { Sum, type Sums } from './sums.ts'

/** Seconds that are remembered. */
const REMEMBERED_S = 60

/** Keys of a second that are, those that made most entries. */
const MOST_KEYS = 32

/** Numbers of a key: its row, events, records and entries. */
const WIDTH = 4

/** What is remembered in the checkpoint: of each second its number, then the numbers of its keys. */
export type MinuteState = readonly (readonly number[])[]

/**
 * What the busiest keys of one node made in each of the last closed seconds: of a loss the kernel may tell long
 * after, with the next line that its log has room for.
 */
export class Minute {
  readonly #seconds: Map<number, readonly number[]>

  constructor(state: MinuteState = []) {
    this.#seconds = new Map(state.map(([second, ...made]) => [second, made]))
  }

  /** Adds a closed second, whose sums have `count` rows. Seconds come in order. */
  add(second: number, sums: Sums, count: number): void {
    const used: number[] = []
    for (let row = 1; row < count; row++) if (sums.get(row, Sum.Events) > 0) used.push(row)
    const byEntries = (a: number, b: number): number =>
      sums.get(b, Sum.Entries) - sums.get(a, Sum.Entries)
    const rows = used.length > MOST_KEYS ? used.toSorted(byEntries).slice(0, MOST_KEYS) : used
    const columns = [Sum.Events, Sum.Records, Sum.Entries]
    const made = rows.flatMap((row) => [row, ...columns.map((column) => sums.get(row, column))])
    this.#seconds.set(second, made)
    for (const old of this.#seconds.keys()) {
      if (old > second - REMEMBERED_S) break
      this.#seconds.delete(old)
    }
  }

  /** What the keys made in a second; null where it is not remembered. */
  tallyOf(second: number, keys: Keys): readonly KeyTally[] | null {
    const made = this.#seconds.get(second)
    if (made === undefined) return null
    return Array.from({ length: made.length / WIDTH }, (_, i) => {
      const [row, events, records, entries] = made.slice(i * WIDTH, (i + 1) * WIDTH)
      return { key: keys.name(row) ?? '', events, records, entries }
    })
  }

  /** Time begins anew. */
  clear(): void {
    this.#seconds.clear()
  }

  /** For the checkpoint. */
  state(): MinuteState {
    return Array.from(this.#seconds, ([second, made]) => [second, ...made])
  }
}
