import { type FloodFigures, floodEnd, floodStart } from './flood-alerts.ts'
import { type Keys, TOTAL } from './keys.ts'
import type { Output } from './messages.ts'
import { Sum, Sums } from './sums.ts'

/**
 * The first, plain flood rule. A key is in flood when for HOT_SECONDS seconds in a row its entries
 * (records and EOE, what fills the backlog) are
 *
 * - at least MIN_ENTRIES, an eighth of the smallest backlog that distributions ship (8,192), and
 * - at least RISE times its usual level, and
 * - at least SHARE of all entries of that second.
 *
 * The usual level is the mean over earlier seconds, halved in weight every HALF_LIFE seconds, and
 * starts at zero, so that a flood which was there first is seen too. A flood is over after
 * CALM_SECONDS seconds below half of what it needed to begin.
 */
const MIN_ENTRIES = 1000
const RISE = 8
const SHARE = 0.5
const HOT_SECONDS = 2
const CALM_SECONDS = 5
const HALF_LIFE = 60

/** Share of the old level that a second leaves. */
const KEPT: number = 2 ** (-1 / HALF_LIFE)

/** A flood, or one second of what may become one. Sums are from its first to its last hot second. */
interface Flood {
  readonly row: number
  /** First second. */
  readonly from: number
  /** Level before it. */
  readonly usual: number
  /** Entries a second below which it is calm. */
  readonly calmBelow: number
  /** Seconds it has been hot, up to HOT_SECONDS: then it has been announced. */
  hot: number
  /** Calm seconds in a row, not in the sums yet. */
  calm: number
  until: number
  events: number
  entries: number
  all: number
  calmEvents: number
  calmEntries: number
  calmAll: number
  peak: number
}

const NOTHING = new Sums()

/** The flood rule's memory in the checkpoint. */
export interface FloodsState {
  readonly levels: readonly number[]
  readonly floods: readonly Readonly<Flood>[]
}

/** Watches the keys of one node second by second. */
export class Floods {
  readonly #keys: Keys
  readonly #node: string
  readonly #output: Output
  #levels: Float64Array
  readonly #floods = new Map<number, Flood>()

  constructor(keys: Keys, node: string, output: Output, state?: FloodsState) {
    this.#keys = keys
    this.#node = node
    this.#output = output
    this.#levels = Float64Array.from(state?.levels ?? [0])
    for (const flood of state?.floods ?? []) this.#floods.set(flood.row, { ...flood })
  }

  /** Takes the sums of a second; seconds come in order, those without events as `quiet`. */
  second(second: number, sums: Sums): void {
    const { count } = this.#keys
    this.#reserve(count)
    const all = sums.get(TOTAL, Sum.Entries)
    for (let row = TOTAL + 1; row < count; row++) {
      const entries = sums.get(row, Sum.Entries)
      const level = this.#levels[row]
      const isHot = entries >= MIN_ENTRIES && entries >= RISE * level && entries >= SHARE * all
      if (isHot && !this.#floods.has(row)) this.#floods.set(row, begin(row, second, level))
      const flood = this.#floods.get(row)
      if (flood) this.#follow(flood, second, isHot, sums, all)
      this.#levels[row] = KEPT * level + (1 - KEPT) * entries
    }
  }

  /** Takes `n` seconds without events, the first of them `second`. */
  quiet(second: number, n: number): void {
    const stepped = Math.min(n, this.#floods.size > 0 ? CALM_SECONDS : 0)
    for (let i = 0; i < stepped; i++) this.second(second + i, NOTHING)
    const rest = KEPT ** (n - stepped)
    for (let row = 0; row < this.#levels.length; row++) this.#levels[row] *= rest
  }

  /** Ends every flood: the stream is over, or its time begins anew. */
  finish(): void {
    for (const flood of this.#floods.values()) this.#end(flood)
    this.#floods.clear()
  }

  /** For the checkpoint. */
  state(): FloodsState {
    return { levels: [...this.#levels], floods: [...this.#floods.values()] }
  }

  #follow(flood: Flood, second: number, isHot: boolean, sums: Sums, all: number): void {
    const announced = flood.hot === HOT_SECONDS
    if (!announced && !isHot) {
      this.#floods.delete(flood.row)
      return
    }
    const events = sums.get(flood.row, Sum.Events)
    const entries = sums.get(flood.row, Sum.Entries)
    flood.calmEvents += events
    flood.calmEntries += entries
    flood.calmAll += all
    if (announced && entries < flood.calmBelow) {
      if (++flood.calm < CALM_SECONDS) return
      this.#end(flood)
      this.#floods.delete(flood.row)
      return
    }
    flood.events += flood.calmEvents
    flood.entries += flood.calmEntries
    flood.all += flood.calmAll
    flood.calm = flood.calmEvents = flood.calmEntries = flood.calmAll = 0
    flood.until = second
    flood.peak = Math.max(flood.peak, entries)
    if (!announced && ++flood.hot === HOT_SECONDS)
      this.#output.emitAlert(floodStart(this.#figures(flood)))
  }

  #end(flood: Flood): void {
    if (flood.hot === HOT_SECONDS) this.#output.emitAlert(floodEnd(this.#figures(flood)))
  }

  #figures(flood: Flood): FloodFigures {
    return {
      node: this.#node,
      key: this.#keys.name(flood.row) ?? '',
      from: flood.from,
      seconds: flood.until + 1 - flood.from,
      events: flood.events,
      entries: flood.entries,
      all: flood.all,
      peak: flood.peak,
      usual: flood.usual,
    }
  }

  #reserve(rows: number): void {
    if (rows <= this.#levels.length) return
    const wider = new Float64Array(Math.max(rows, this.#levels.length * 2))
    wider.set(this.#levels)
    this.#levels = wider
  }
}

function begin(row: number, second: number, usual: number): Flood {
  return {
    row,
    from: second,
    usual,
    calmBelow: Math.max(MIN_ENTRIES, RISE * usual) / 2,
    hot: 0,
    calm: 0,
    until: second,
    events: 0,
    entries: 0,
    all: 0,
    calmEvents: 0,
    calmEntries: 0,
    calmAll: 0,
    peak: 0,
  }
}
