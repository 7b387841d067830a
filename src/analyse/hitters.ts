import type { Run } from '../model/delivery.ts'
import { NO_USER, type Origins } from '../model/origins.ts'
import {
  type Counter,
  type CountersState,
  CounterTable,
  type Facet,
  Facets,
  Sought,
} from './counters.ts'

/** Rows of an event that its origin is counted in at most: a rule has one key or two. */
const MOST_ROWS = 2

/** Facets that an origin has: all but the parent. */
const FACETS = 5

/** Cells of the filter. */
const CELLS = 8192

/**
 * What a cell needs before what falls into it gets a counter: entries, a twentieth of what a flood has at least, and a
 * share of all of the second.
 */
export const LEAST_ENTRIES = 50
export const LEAST_SHARE: number = 1 / 256

const FACTOR = 0x9e3779b1 | 0

/** Hitters in the checkpoint; of the filter's cells number and entries, null without a filter. */
export interface HittersState extends CountersState {
  readonly total: number
  readonly cells: readonly number[] | null
}

/**
 * The counters that the origins of a run have, so that an origin which comes again is not looked for again. One does
 * for all seconds of a node: it knows those of one second and run at a time.
 */
export class Known {
  #of: Hitters | null = null
  #run = -1
  readonly #counters: (Counter | null)[] = []
  /** At which look those of each place were known, and which one it is now. */
  #looked = new Uint32Array(0)
  #look = 0

  /** Knows nothing, unless it is of this second and run already, whose origins are so many. */
  begin(of: Hitters, run: number, origins: number): void {
    if (this.#of !== of || this.#run !== run) this.forget()
    this.#of = of
    this.#run = run
    const places = origins * MOST_ROWS
    if (this.#looked.length < places) this.#looked = new Uint32Array(places * 2)
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#look++
  }

  /** Counters by place and facet; those from `place * FACETS` on are of this second and run, or null. */
  at(place: number): (Counter | null)[] {
    if (this.#looked[place] !== this.#look) {
      this.#looked[place] = this.#look
      for (let facet = 0; facet < FACETS; facet++) this.#counters[place * FACETS + facet] = null
    }
    return this.#counters
  }
}

/**
 * Who makes the entries of each key in a second: heavy hitters among programs, users, calls, path prefixes and
 * parents, each for itself, and among origins as a whole.
 *
 * ```
 *  an entry, for each facet ──hash──► cell of the filter += 1 ──is it heavy?──► counter += 1
 * ```
 *
 * Most of what comes in a busy second comes once or twice, and making a counter for each of those costs more
 * than all the rest. So a counter is made when a cell has enough: what has one is too low by what its cell had, at most
 * `error`, and never too high; what has none has made no more than that. Entries are added event by event in the
 * order of the stream, so that it is the same however that was cut.
 */
export class Hitters {
  readonly table: CounterTable
  /** Null once it is sealed. */
  #cells: Uint32Array | null = new Uint32Array(CELLS)
  /** Entries added. */
  #total: number
  readonly #sought = new Sought()
  readonly #known: Known

  constructor(known: Known, state?: HittersState) {
    this.#known = known
    this.table = new CounterTable(state)
    this.#total = state?.total ?? 0
    const cells = state === undefined ? [] : state.cells
    if (cells === null) this.#cells = null
    for (let i = 0; i < (cells?.length ?? 0); i += 2)
      this.#add(cells?.[i] ?? 0, cells?.[i + 1] ?? 0)
  }

  /** Entries that any count may be too low by, and that what has no counter may have at most. */
  get error(): number {
    return this.table.error + this.#least
  }

  /** Adds the entries of an event to its rows; `runs` is the number of its run. */
  add(run: Run, runs: number, event: number, rows: Uint32Array, entries: number): void {
    const { events, origins } = run.result
    if (origins.count === 0) return
    this.#known.begin(this, runs, origins.count)
    this.#total += entries
    const origin = events.origin[event]
    const parent = events.parent[event]
    const sought = this.#sought
    sought.bytes = run.batch.bytes
    for (let i = 0; i < rows.length && i < MOST_ROWS; i++) {
      this.#addOrigin(run, origin, rows[i], origin * MOST_ROWS + i, entries)
      if (parent === 0) continue
      const hash = hashIn(parent, Facets.Parent, rows[i])
      if (!this.#isHeavy(hash, entries)) continue
      sought.setNumber(Facets.Parent, rows[i], parent, hash)
      this.table.get(sought).count += entries
      this.#lookAgain()
    }
  }

  /** Takes no more: frees the filter. */
  seal(): void {
    this.#cells = null
  }

  /** For the checkpoint. */
  state(): HittersState {
    let cells: number[] | null = null
    if (this.#cells !== null) {
      cells = []
      // By index: an iterator makes an object for each of so many cells, of which nearly all are empty.
      for (let cell = 0; cell < CELLS; cell++)
        if (this.#cells[cell] > 0) cells.push(cell, this.#cells[cell])
    }
    return { ...this.table.state(), total: this.#total, cells }
  }

  get #least(): number {
    return Math.max(LEAST_ENTRIES, this.#total * LEAST_SHARE)
  }

  /** Adds entries to a cell; tells whether it has enough. */
  #isHeavy(hash: number, entries: number): boolean {
    return this.#add(hash & (CELLS - 1), entries) >= this.#least
  }

  #add(cell: number, entries: number): number {
    return this.#cells === null ? 0 : (this.#cells[cell] += entries)
  }

  #addOrigin({ result }: Run, origin: number, row: number, place: number, entries: number): void {
    let known = this.#known.at(place)
    const first = place * FACETS
    const { origins } = result
    for (let facet = 0; facet < FACETS; facet++) {
      let counter = known[first + facet]
      if (counter === null) {
        const hash = hashIn(partHash(origins, origin, facet as Facet), facet, row)
        if (isAbsent(origins, origin, facet as Facet) || !this.#isHeavy(hash, entries)) continue
        counter = this.#get(origins, origin, facet as Facet, row, hash)
        if (this.#lookAgain()) known = this.#known.at(place)
        known[first + facet] = counter
      }
      counter.count += entries
    }
  }

  #get(origins: Origins, origin: number, facet: Facet, row: number, hash: number): Counter {
    const sought = this.#sought
    const start = origins.programStart[origin]
    const cut = origins.programEnd[origin]
    const from = origins.pathStart[origin]
    const to = origins.pathEnd[origin]
    const hasNumber = facet === Facets.Whole || facet === Facets.Call
    const number = facet === Facets.User ? origins.user[origin] : origins.call[origin]
    sought.setNumber(facet, row, hasNumber || facet === Facets.User ? number : 0, hash)
    if (facet === Facets.Whole) sought.user = origins.user[origin]
    if (facet === Facets.Whole) sought.setTexts(start, cut, from, to)
    else if (facet === Facets.Program) sought.setTexts(start, cut, cut, cut)
    else if (facet === Facets.Path) sought.setTexts(from, to, to, to)
    return this.table.get(sought)
  }

  /** What made room for a counter may have been one of those that are known. */
  #lookAgain(): boolean {
    if (!this.table.isChanged) return false
    this.table.isChanged = false
    this.#known.forget()
    return true
  }
}

/** An origin has nothing to be counted by there. */
function isAbsent(origins: Origins, origin: number, facet: Facet): boolean {
  if (facet === Facets.Program) return origins.programEnd[origin] === origins.programStart[origin]
  if (facet === Facets.Path) return origins.pathEnd[origin] === origins.pathStart[origin]
  return facet === Facets.User && origins.user[origin] === NO_USER
}

function partHash(origins: Origins, origin: number, facet: Facet): number {
  if (facet === Facets.Program) return origins.programHash[origin]
  if (facet === Facets.Path) return origins.pathHash[origin]
  if (facet === Facets.User) return origins.user[origin] | 0
  if (facet === Facets.Call) return origins.call[origin] | 0
  const texts = Math.imul(origins.programHash[origin], FACTOR) ^ origins.pathHash[origin]
  return Math.imul(texts ^ (origins.call[origin] | 0), FACTOR) ^ (origins.user[origin] | 0)
}

function hashIn(part: number, facet: number, row: number): number {
  const hash = Math.imul(part ^ Math.imul(row * 8 + facet, FACTOR), FACTOR)
  return hash ^ (hash >>> 15)
}
