import { type Counter, type Facet, NO_RUN, type Sought } from './sought.ts'

/** Counters at most, and how many are kept when there are more. */
export const ROOM = 512
export const KEPT = 255

/** Slots to find them by, a power of two: most of what comes has no counter, and meets an empty one. */
const SLOTS = 2048

/** A table in the checkpoint: of each counter facet, row, number, user, cut, hash, count, text (as Latin-1). */
export interface CountersState {
  readonly error: number
  /** Row and variance of each row that has one. */
  readonly variances: readonly (readonly [number, number])[]
  readonly counters: readonly (readonly [
    Facet,
    number,
    number,
    number,
    number,
    number,
    number,
    string,
  ])[]
}

/**
 * Counters by all that they stand for, ROOM at most. When there are more, so much is taken off all that KEPT are
 * left:
 *
 * ```
 *   9 7 4 3 2 2 1 1  ──full──►  7 5 2 1 · · · ·        too low by 2, each of them, from now on
 * ```
 *
 * So a count is never too high, and too low by at most `error`. Each time `error` grows, KEPT + 1 counters or
 * more give as much, so that it is at most the weight of all that was added over KEPT + 1. (Misra and Gries,
 * Finding repeated elements, 1982; that adding tables up keeps the bound: Agarwal and others, Mergeable
 * summaries, 2012.)
 */
export class CounterTable {
  /** In the order in which they came. */
  #counters: Counter[] = []
  /** Place + 1 of the newest counter of each slot, and of the one before it in its slot; 0 for none. */
  readonly #slots = new Uint16Array(SLOTS)
  readonly #before = new Uint16Array(ROOM + 1)
  #error: number
  readonly #variances: Map<number, number>

  constructor(state?: CountersState) {
    this.#error = state?.error ?? 0
    this.#variances = new Map(state?.variances)
    for (const [facet, row, number, user, cut, hash, count, latin] of state?.counters ?? []) {
      const text = Uint8Array.from(Buffer.from(latin, 'latin1'))
      const seen = { run: NO_RUN, first: 0, second: 0 }
      this.#append({ facet, row, number, user, text, cut, hash, count, ...seen })
    }
  }

  [Symbol.iterator](): Iterator<Counter> {
    return this.#counters.values()
  }

  /** Entries that any count may be too low by, and that what has no counter may have at most. */
  get error(): number {
    return this.#error
  }

  get size(): number {
    return this.#counters.length
  }

  /**
   * How far counts of a row may be off by chance, for rows of which only some events were looked at: the variance of
   * the count of what made half of all, in entries squared, times four.
   */
  get variances(): ReadonlyMap<number, number> {
    return this.#variances
  }

  /** Adds to that of a row. */
  vary(row: number, more: number): void {
    this.#variances.set(row, (this.#variances.get(row) ?? 0) + more)
  }

  /** Whether there may be a counter of this hash. */
  mayHave(hash: number): boolean {
    return this.#slots[hash & (SLOTS - 1)] !== 0
  }

  /** The counter of what is sought, null where there is none. */
  find(sought: Sought): Counter | null {
    let place = this.#slots[sought.hash & (SLOTS - 1)]
    for (; place !== 0; place = this.#before[place])
      if (sought.is(this.#counters[place - 1])) return this.#counters[place - 1]
    return null
  }

  /** The counter of what is sought, made where it is missing. */
  get(sought: Sought): Counter {
    const known = this.find(sought)
    return known ?? this.#append(sought.make())
  }

  /** Adds all of another table, whose counts may be too low by `more` besides. */
  addAll(other: CounterTable, more: number): void {
    for (const one of other) {
      const counter = this.#alike(one) ?? this.#append(emptyLike(one))
      counter.count += one.count
    }
    this.#error += other.error + more
    for (const [row, variance] of other.#variances) this.vary(row, variance)
  }

  /** Halves every count; what is below one goes, a variance too. */
  halve(): void {
    for (const counter of this) counter.count /= 2
    this.#error /= 2
    for (const [row, variance] of this.#variances)
      if (variance < 4) this.#variances.delete(row)
      else this.#variances.set(row, variance / 4)
    this.#drop((count) => count >= 1)
  }

  /** For the checkpoint. */
  state(): CountersState {
    return {
      error: this.#error,
      variances: [...this.#variances],
      counters: [...this].map(({ facet, row, number, user, cut, hash, count, text }) => [
        facet,
        row,
        number,
        user,
        cut,
        hash,
        count,
        Buffer.from(text).toString('latin1'),
      ]),
    }
  }

  #alike(one: Counter): Counter | null {
    let place = this.#slots[one.hash & (SLOTS - 1)]
    for (; place !== 0; place = this.#before[place])
      if (isSame(this.#counters[place - 1], one)) return this.#counters[place - 1]
    return null
  }

  #append(counter: Counter): Counter {
    if (this.#counters.length >= ROOM) this.#purge()
    this.#link(counter)
    return counter
  }

  #link(counter: Counter): void {
    const slot = counter.hash & (SLOTS - 1)
    const place = this.#counters.push(counter)
    this.#before[place] = this.#slots[slot]
    this.#slots[slot] = place
  }

  /** Takes so much off every count that KEPT counters are left at most. */
  #purge(): void {
    const counts = Float64Array.from(this, ({ count }) => count).toSorted()
    const off = counts[counts.length - 1 - KEPT]
    for (const counter of this) counter.count -= off
    this.#error += off
    this.#drop((count) => count > 0)
  }

  #drop(keeps: (count: number) => boolean): void {
    const kept = this.#counters.filter(({ count }) => keeps(count))
    this.#slots.fill(0)
    this.#counters = []
    for (const counter of kept) this.#link(counter)
  }
}

function isSame(a: Counter, b: Counter): boolean {
  return (
    a.hash === b.hash &&
    a.facet === b.facet &&
    a.row === b.row &&
    a.number === b.number &&
    a.user === b.user &&
    a.cut === b.cut &&
    isEqual(a.text, b.text)
  )
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A counter of the same that stands at 0. */
function emptyLike({ facet, row, number, user, text, cut, hash }: Counter): Counter {
  return { facet, row, number, user, text, cut, hash, count: 0, run: NO_RUN, first: 0, second: 0 }
}
