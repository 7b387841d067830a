import type { Run } from '../../model/delivery.ts'
import type { Texts } from '../../model/origins.ts'

/** What a counter counts by. */
export const Facets = {
  /** Program, user, call and path prefix together. */
  Whole: 0,
  Program: 1,
  User: 2,
  Call: 3,
  Path: 4,
  Parent: 5,
  /** A directory above path prefixes, with the entries of those that have no counter. */
  Above: 6,
} as const
export type Facet = (typeof Facets)[keyof typeof Facets]

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
  /** The run in which it was found last, and the rows of its texts in those of that run. */
  run: number
  first: number
  second: number
}

/** `Counter.run` of what was found in no run. */
export const NO_RUN = -1

const NO_TEXT = new Uint8Array(0)

/** What a counter is looked for by. One is used again and again: there are some for every event. */
export class Sought {
  facet: Facet = Facets.Whole
  row = 0
  number = 0
  user = 0
  hash = 0
  /** Its texts, by their rows in those of a run. */
  first = 0
  second = 0
  /** Where the first text ends, if before its end; 0 for all of it. */
  firstEnd = 0
  #run = NO_RUN
  #bytes: Uint8Array = new Uint8Array(0)
  #texts: Texts | null = null

  /** What follows is of run number `runs`. */
  begin({ batch, result }: Run, runs: number): void {
    this.#run = runs
    this.#bytes = batch.bytes
    this.#texts = result.texts
  }

  /** Makes it one of a number alone. */
  setNumber(facet: Facet, row: number, number: number, hash: number): void {
    this.facet = facet
    this.row = row
    this.number = number
    this.hash = hash
    this.user = this.first = this.second = this.firstEnd = 0
  }

  /**
   * Whether a counter is the one. Equal texts of a run have one number, so that they are compared once for each
   * run and counter; but many texts have the same beginning.
   */
  is(counter: Counter): boolean {
    if (
      counter.hash !== this.hash ||
      counter.facet !== this.facet ||
      counter.row !== this.row ||
      counter.number !== this.number ||
      counter.user !== this.user
    )
      return false
    if (counter.run === this.#run && this.firstEnd === 0)
      return counter.first === this.first && counter.second === this.second
    if (!this.#hasTextsOf(counter)) return false
    this.#note(counter)
    return true
  }

  /** A counter of it that stands at 0. */
  make(): Counter {
    const { facet, row, number, user, hash, first, second } = this
    const start = this.#text(first, this.firstEnd)
    const rest = this.#text(second, 0)
    const cut = start.length
    const text = new Uint8Array(cut + rest.length)
    text.set(start)
    text.set(rest, cut)
    const run = this.#run
    return { facet, row, number, user, text, cut, hash, count: 0, run, first, second }
  }

  #note(counter: Counter): void {
    counter.run = this.#run
    counter.first = this.first
    counter.second = this.second
  }

  #hasTextsOf({ text, cut }: Counter): boolean {
    return (
      this.#isText(this.first, this.firstEnd, text, 0, cut) &&
      this.#isText(this.second, 0, text, cut, text.length)
    )
  }

  #isText(row: number, until: number, text: Uint8Array, start: number, end: number): boolean {
    const texts = this.#texts
    if (row === 0 || texts === null) return start === end
    const from = texts.start[row]
    if ((until === 0 ? texts.end[row] : until) - from !== end - start) return false
    for (let i = start; i < end; i++) if (text[i] !== this.#bytes[from + i - start]) return false
    return true
  }

  #text(row: number, until: number): Uint8Array {
    const texts = this.#texts
    return row === 0 || texts === null
      ? NO_TEXT
      : this.#bytes.subarray(texts.start[row], until === 0 ? texts.end[row] : until)
  }
}
