import { type Keys, TOTAL } from './keys.ts'
import { type Output, ratesRow } from './messages.ts'
import { Sum, Sums, type SumsState } from './sums.ts'

/**
 * Empty intervals in a row that get rows of their own, an hour of the default length. A longer
 * silence ends with one row over the rest of it.
 */
export const QUIET_ROWS = 360

/** An interval in the checkpoint. */
export interface IntervalState {
  readonly from: number | null
  readonly sums: SumsState
  readonly peaks: readonly number[]
  readonly rejected: number
  readonly told: boolean
  readonly quietRows: number
  readonly silentFrom: number | null
}

/** Sums the closed seconds of one node up to intervals, and makes their rows. */
export class Interval {
  readonly #node: string
  readonly #keys: Keys
  /** Seconds of an interval; intervals begin at its multiples. */
  readonly #length: number
  readonly #output: Output
  readonly #sums: Sums
  /** Of each row the most records in a second, and that second. */
  #peaks: Float64Array
  #rejected: number
  /** First second of the interval, null before time begins. */
  #from: number | null
  /** Rows went out since time began: from then on empty intervals have rows too. */
  #told: boolean
  #quietRows: number
  /** Where a silence without rows began. */
  #silentFrom: number | null

  constructor(node: string, keys: Keys, length: number, output: Output, state?: IntervalState) {
    this.#node = node
    this.#keys = keys
    this.#length = length
    this.#output = output
    this.#from = state?.from ?? null
    this.#sums = Sums.from(state?.sums ?? [])
    this.#peaks = Float64Array.from(state?.peaks ?? [])
    this.#rejected = state?.rejected ?? 0
    this.#told = state?.told ?? false
    this.#quietRows = state?.quietRows ?? 0
    this.#silentFrom = state?.silentFrom ?? null
  }

  /** Time begins in the given second. */
  begin(second: number): void {
    this.#from = Math.floor(second / this.#length) * this.#length
    this.#told = false
    this.#quietRows = 0
    this.#silentFrom = null
  }

  /** Adds a closed second. */
  add(second: number, sums: Sums, rejected: number): void {
    const { count } = this.#keys
    this.#sums.addAll(sums)
    this.#rejected += rejected
    if (this.#peaks.length < count * 2) {
      const wider = new Float64Array(count * 4)
      wider.set(this.#peaks)
      this.#peaks = wider
    }
    for (let row = TOTAL; row < count; row++) {
      const records = sums.get(row, Sum.Records)
      if (records <= this.#peaks[row * 2]) continue
      this.#peaks[row * 2] = records
      this.#peaks[row * 2 + 1] = second
    }
  }

  /** All seconds before `second` are closed: intervals that lie before it go out. */
  reach(second: number): void {
    if (this.#from === null || second < this.#from + this.#length) return
    this.#close()
    const empty = Math.floor((second - this.#from) / this.#length)
    const rows = this.#told ? Math.min(empty, QUIET_ROWS - this.#quietRows) : 0
    for (let i = 0; i < rows; i++) this.#close()
    if (rows < empty && this.#told) this.#silentFrom ??= this.#from
    this.#from += (empty - rows) * this.#length
  }

  /** Time ends: what is summed up goes out. */
  finish(): void {
    if (this.#from !== null && !this.#empty) this.#close()
    this.#from = null
  }

  /** For the checkpoint. */
  state(): IntervalState {
    return {
      from: this.#from,
      sums: this.#sums.state(),
      peaks: [...this.#peaks],
      rejected: this.#rejected,
      told: this.#told,
      quietRows: this.#quietRows,
      silentFrom: this.#silentFrom,
    }
  }

  get #empty(): boolean {
    return this.#count(TOTAL) === 0 && this.#rejected === 0
  }

  #count(row: number): number {
    return this.#sums.get(row, Sum.Events) + this.#sums.get(row, Sum.Late)
  }

  /** Sends the rows of the interval and goes on to the next. */
  #close(): void {
    const from = this.#from as number
    const to = from + this.#length
    this.#from = to
    if (this.#empty) {
      if (!this.#told) return
      if (this.#quietRows === QUIET_ROWS) {
        this.#silentFrom ??= from
        return
      }
      this.#quietRows++
    } else {
      if (this.#silentFrom !== null) this.#row(TOTAL, this.#silentFrom, from, true)
      this.#silentFrom = null
      this.#quietRows = 0
      this.#told = true
    }
    for (let row = TOTAL; row < this.#keys.count; row++)
      if (row === TOTAL || this.#count(row) > 0) this.#row(row, from, to, false)
    this.#sums.clear()
    this.#peaks.fill(0)
    this.#rejected = 0
  }

  #row(row: number, from: number, to: number, silent: boolean): void {
    const sum = (column: number): number => (silent ? 0 : this.#sums.get(row, column))
    const peak = silent ? 0 : (this.#peaks[row * 2] ?? 0)
    this.#output.emitRate(
      ratesRow({
        node: this.#node,
        boot: this.#output.boot,
        from,
        to,
        key: this.#keys.name(row),
        events: sum(Sum.Events),
        records: sum(Sum.Records),
        entries: sum(Sum.Entries),
        bytes: sum(Sum.Bytes),
        peak,
        peakAt: peak > 0 ? this.#peaks[row * 2 + 1] : null,
        late: sum(Sum.Late),
        rejected: silent ? 0 : this.#rejected,
      }),
    )
  }
}
