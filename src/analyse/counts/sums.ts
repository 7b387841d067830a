/** Columns of a row of sums. */
export const Sum = {
  Events: 0,
  Records: 1,
  /** Records and EOE: what the kernel's backlog counts. */
  Entries: 2,
  Bytes: 3,
  /** Events that came after their second was closed, their records and entries; in no other column. */
  Late: 4,
  LateRecords: 5,
  LateEntries: 6,
} as const

/** Columns in a row. */
const SUM_WIDTH = 7

/** Sums in the checkpoint: of each row that is not all zero its number, then its columns. */
export type SumsState = readonly number[]

/** A table of sums, one row per key, that grows with the keys. */
export class Sums {
  /** The rows one after the other, SUM_WIDTH numbers each. */
  values: Float64Array = new Float64Array(16 * SUM_WIDTH)

  /** Makes room for rows `0 … rows`. */
  reserve(rows: number): void {
    if (rows * SUM_WIDTH <= this.values.length) return
    const wider = new Float64Array(Math.max(rows * SUM_WIDTH, this.values.length * 2))
    wider.set(this.values)
    this.values = wider
  }

  /** Adds one event to a row. */
  add(row: number, records: number, entries: number, bytes: number): void {
    const { values } = this
    const at = row * SUM_WIDTH
    values[at] += 1
    values[at + Sum.Records] += records
    values[at + Sum.Entries] += entries
    values[at + Sum.Bytes] += bytes
  }

  /** Adds one event that came too late to a row. */
  addLate(row: number, records: number, entries: number): void {
    const { values } = this
    const at = row * SUM_WIDTH
    values[at + Sum.Late] += 1
    values[at + Sum.LateRecords] += records
    values[at + Sum.LateEntries] += entries
  }

  /** One number of a row; 0 where the table has no such row. */
  get(row: number, column: number): number {
    return this.values[row * SUM_WIDTH + column] ?? 0
  }

  /** Adds all of `more`. */
  addAll(more: Sums): void {
    this.reserve(more.values.length / SUM_WIDTH)
    for (let i = 0; i < more.values.length; i++) this.values[i] += more.values[i]
  }

  /** Sets everything to zero. */
  clear(): void {
    this.values.fill(0)
  }

  /** For the checkpoint. */
  state(): SumsState {
    const { values } = this
    const state: number[] = []
    for (let at = 0; at < values.length; at += SUM_WIDTH) {
      let first = 0
      while (first < SUM_WIDTH && values[at + first] === 0) first++
      if (first === SUM_WIDTH) continue
      state.push(at / SUM_WIDTH)
      for (let column = 0; column < SUM_WIDTH; column++) state.push(values[at + column])
    }
    return state
  }

  /** Takes over what a checkpoint kept. */
  load(state: SumsState): void {
    for (let at = 0; at < state.length; at += 1 + SUM_WIDTH) {
      this.reserve(state[at] + 1)
      this.values.set(state.slice(at + 1, at + 1 + SUM_WIDTH), state[at] * SUM_WIDTH)
    }
  }
}
