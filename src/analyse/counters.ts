/** What a counter counts by. */
export const Facets = {
  /** Program, user, call and path prefix together. */
  Whole: 0,
  Program: 1,
  User: 2,
  Call: 3,
  Path: 4,
  Parent: 5,
} as const
export type Facet = (typeof Facets)[keyof typeof Facets]

/** Counters at most, and how many are kept when there are more. */
export const ROOM = 512
export const KEPT = 255

/** Entries of one key that have one thing in common. */
export interface Counter {
  readonly facet: Facet
  readonly row: number
  /** What it is, and of a whole origin who: numbers of model/origins.ts. */
  readonly number: number
  readonly user: number
  /** One text after the other, and where the second begins. */
  readonly text: Uint8Array
  readonly cut: number
  readonly hash: number
  count: number
  next: Counter | null
}

/**
 * What a counter is looked for by. Its texts are `bytes[start … cut)` and `bytes[from … to)`. One is used again and
 * again: there are some for every event.
 */
export class Sought {
  facet: Facet = Facets.Whole
  row = 0
  number = 0
  user = 0
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  cut = 0
  from = 0
  to = 0
  hash = 0

  /** Makes it one of a number alone. */
  setNumber(facet: Facet, row: number, number: number, hash: number): void {
    this.facet = facet
    this.row = row
    this.number = number
    this.hash = hash
    this.user = this.start = this.cut = this.from = this.to = 0
  }

  /** Makes it one of two texts alone, one of which may be empty. */
  setTexts(start: number, cut: number, from: number, to: number): void {
    this.start = start
    this.cut = cut
    this.from = from
    this.to = to
  }
}

/** A table in the checkpoint: of each counter facet, row, number, user, cut, hash, count, text (as Latin-1). */
export interface CountersState {
  readonly error: number
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
  /** Counters of one hash, in the order in which they came. */
  readonly #chains = new Map<number, Counter>()
  #size = 0
  #error: number
  /** Counters have gone since somebody last set it to false. */
  isChanged = false

  constructor(state?: CountersState) {
    this.#error = state?.error ?? 0
    for (const [facet, row, number, user, cut, hash, count, latin] of state?.counters ?? []) {
      const text = Uint8Array.from(Buffer.from(latin, 'latin1'))
      this.#append({ facet, row, number, user, text, cut, hash, count, next: null })
    }
  }

  *[Symbol.iterator](): Iterator<Counter> {
    for (const first of this.#chains.values())
      for (let one: Counter | null = first; one !== null; one = one.next) yield one
  }

  /** Entries that any count may be too low by, and that what has no counter may have at most. */
  get error(): number {
    return this.#error
  }

  get size(): number {
    return this.#size
  }

  /** The counter of what is sought, made where it is missing. */
  get(sought: Sought): Counter {
    let counter = this.#chains.get(sought.hash) ?? null
    while (counter !== null && !isOf(counter, sought)) counter = counter.next
    if (counter !== null) return counter
    if (this.#size >= ROOM) this.#purge()
    return this.#insert(sought)
  }

  /** Adds all of another table, whose counts may be too low by `more` besides. */
  addAll(other: CounterTable, more: number): void {
    const sought = new Sought()
    for (const { facet, row, number, user, text, cut, hash, count } of other) {
      sought.setNumber(facet, row, number, hash)
      sought.user = user
      sought.bytes = text
      sought.setTexts(0, cut, cut, text.length)
      this.get(sought).count += count
    }
    this.#error += other.error + more
  }

  /** Halves every count; what is below one goes. */
  halve(): void {
    for (const counter of this) counter.count /= 2
    this.#error /= 2
    this.#drop((count) => count >= 1)
  }

  /** For the checkpoint. */
  state(): CountersState {
    return {
      error: this.#error,
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

  #insert({ facet, row, number, user, bytes, start, cut, from, to, hash }: Sought): Counter {
    const text = new Uint8Array(cut - start + to - from)
    text.set(bytes.subarray(start, cut))
    text.set(bytes.subarray(from, to), cut - start)
    const counter = { facet, row, number, user, text, cut: cut - start, hash, count: 0, next: null }
    this.#append(counter)
    return counter
  }

  #append(counter: Counter): void {
    this.#size++
    let last = this.#chains.get(counter.hash)
    if (last === undefined) {
      this.#chains.set(counter.hash, counter)
      return
    }
    while (last.next !== null) last = last.next
    last.next = counter
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
    const kept = [...this].filter(({ count }) => keeps(count))
    this.#chains.clear()
    this.#size = 0
    this.isChanged = true
    for (const counter of kept) {
      counter.next = null
      this.#append(counter)
    }
  }
}

function isOf(counter: Counter, sought: Sought): boolean {
  const { text } = counter
  const { bytes, start, cut, from, to } = sought
  const first = cut - start
  if (
    counter.facet !== sought.facet ||
    counter.row !== sought.row ||
    counter.number !== sought.number ||
    counter.user !== sought.user ||
    counter.cut !== first ||
    text.length !== first + to - from
  )
    return false
  for (let i = 0; i < first; i++) if (text[i] !== bytes[start + i]) return false
  for (let i = first; i < text.length; i++) if (text[i] !== bytes[from + i - first]) return false
  return true
}
