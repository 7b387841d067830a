import type { Run } from '../../model/delivery.ts'
import { NO_USER, NOT_FOUND } from '../../model/origins.ts'
import type { Events } from '../../model/result.ts'
import { type CountersState, CounterTable } from './counters.ts'
import { directoryEnd, directoryHash } from './directory.ts'
import { type Facet, Facets, Sought } from './sought.ts'

/** Rows of an event that its origin is counted in at most: a rule has one key or two. */
const MOST_ROWS = 2

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
 *
 * A walk through a tree makes little in each of its directories. So entries whose path has no counter go on to the
 * directory above it, and from there to the one above that.
 */
export class Hitters {
  readonly table: CounterTable
  /** Null once it is sealed. */
  #cells: Uint32Array | null = new Uint32Array(CELLS)
  /** Entries added, and what a cell needs now that there are so many. */
  #total = 0
  #least = LEAST_ENTRIES
  readonly #sought = new Sought()
  /** The event that is added, and of its path where the directory ends that is looked at. */
  #events!: Events
  #event = 0
  #entries = 0
  #directory = 0

  constructor(state?: HittersState) {
    this.table = new CounterTable(state)
    this.#grow(state?.total ?? 0)
    const cells = state === undefined ? [] : state.cells
    if (cells === null) this.#cells = null
    for (let i = 0; i < (cells?.length ?? 0); i += 2)
      this.#fill(cells?.[i] ?? 0, cells?.[i + 1] ?? 0)
  }

  /** Entries that any count may be too low by, and that what has no counter may have at most. */
  get error(): number {
    return this.table.error + this.#least
  }

  /**
   * Adds the entries that an event stands for to its rows; `runs` is the number of its run. Those that are not its
   * `own` are not sure to be of its origin.
   */
  add(
    run: Run,
    runs: number,
    event: number,
    rows: Uint32Array,
    entries: number,
    own: number = entries,
  ): void {
    const { events, texts } = run.result
    if (texts.count === 0 || events.program[event] === NOT_FOUND) return
    this.#grow(entries)
    const program = events.program[event]
    const path = events.path[event]
    const user = events.user[event]
    const call = events.call[event] | 0
    const parent = events.parent[event]
    const programHash = texts.hash[program]
    const pathHash = texts.hash[path]
    const names = Math.imul(programHash, FACTOR) ^ pathHash
    const whole = Math.imul(names ^ call, FACTOR) ^ (user | 0)
    this.#events = events
    this.#event = event
    this.#entries = entries
    this.#sought.begin(run, runs)
    for (let i = 0; i < rows.length && i < MOST_ROWS; i++) {
      const row = rows[i]
      if (entries > own) this.table.vary(row, (entries - own) * entries)
      this.#count(Facets.Whole, row, whole)
      if (program !== 0) this.#count(Facets.Program, row, programHash)
      if (user !== NO_USER) this.#count(Facets.User, row, user | 0)
      this.#count(Facets.Call, row, call)
      if (path !== 0 && !this.#count(Facets.Path, row, pathHash)) this.#countAbove(run, row)
      if (parent !== 0) this.#count(Facets.Parent, row, parent)
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

  /**
   * Counts the event by a facet. What has a counter is not added to its cell, so that it is the same whether it was
   * met before in this batch or in another. Gives whether it has one.
   */
  #count(facet: Facet, row: number, part: number): boolean {
    const hash = hashIn(part, facet, row)
    if (this.table.mayHave(hash)) {
      this.#seek(facet, row, hash)
      const counter = this.table.find(this.#sought)
      if (counter !== null) {
        counter.count += this.#entries
        return true
      }
    }
    if (this.#fill(hash & (CELLS - 1), this.#entries) < this.#least) return false
    this.#seek(facet, row, hash)
    this.table.get(this.#sought).count += this.#entries
    return true
  }

  /** Counts the event by the lowest directory above its path that has a counter, or may have one now. */
  #countAbove({ batch, result }: Run, row: number): void {
    const { bytes } = batch
    const path = this.#events.path[this.#event]
    const start = result.texts.start[path]
    let end = directoryEnd(bytes, start, result.texts.end[path])
    for (; end > start; end = directoryEnd(bytes, start, end)) {
      this.#directory = end
      if (this.#count(Facets.Above, row, directoryHash(bytes, start, end))) return
    }
  }

  /** Adds entries to a cell; gives how many it has. */
  #fill(cell: number, entries: number): number {
    return this.#cells === null ? 0 : (this.#cells[cell] += entries)
  }

  #grow(entries: number): void {
    this.#total += entries
    this.#least = Math.max(LEAST_ENTRIES, this.#total * LEAST_SHARE)
  }

  /** Looks for the counter that the event has by a facet. */
  #seek(facet: Facet, row: number, hash: number): void {
    const sought = this.#sought
    const { program, path, user, call, parent } = this.#events
    const event = this.#event
    if (facet === Facets.Parent) sought.setNumber(facet, row, parent[event], hash)
    else if (facet === Facets.User) sought.setNumber(facet, row, user[event], hash)
    else if (facet === Facets.Call) sought.setNumber(facet, row, call[event], hash)
    else {
      sought.setNumber(facet, row, 0, hash)
      if (facet === Facets.Program) sought.first = program[event]
      else if (facet === Facets.Path) sought.first = path[event]
      else if (facet === Facets.Above) {
        sought.first = path[event]
        sought.firstEnd = this.#directory
      } else {
        sought.number = call[event]
        sought.user = user[event]
        sought.first = program[event]
        sought.second = path[event]
      }
    }
  }
}

function hashIn(part: number, facet: number, row: number): number {
  const hash = Math.imul(part ^ Math.imul(row * 8 + facet, FACTOR), FACTOR)
  return hash ^ (hash >>> 15)
}
