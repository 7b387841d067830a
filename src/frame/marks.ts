import { addMark, type Batch, MarkKind } from '../model/batch.ts'
import { MAX_MARKS } from '../model/limits.ts'

/** Clock of a mark that waits for a record to take it from. */
const UNKNOWN: number = Number.NaN

/**
 * The marks of the bytes that the framer holds, offsets counted from the first of them.
 *
 * From the first byte on there is a mark at offset 0. After a cut it is the *repeat* of the mark that
 * governs there, with the place of the new first byte, unless a mark of its own stands there. All
 * clocks before the first unknown one are known.
 */
export class Marks {
  count = 0
  #repeated = false
  /** The newest known clock. */
  #clock = 0
  readonly #offsets = new Float64Array(MAX_MARKS)
  readonly #clocks = new Float64Array(MAX_MARKS)
  readonly #places = new Float64Array(MAX_MARKS)

  /** No room for another mark: the batch has to be cut first. */
  get full(): boolean {
    return this.count === MAX_MARKS
  }

  /** The newest known clock in ms, 0 before the first. */
  get clock(): number {
    return this.#clock
  }

  /** Whether marks at the first byte, clocks known, have not been sent. */
  get waiting(): boolean {
    return this.#before(1) > (this.#repeated ? 1 : 0)
  }

  /**
   * Adds a mark at the end. Of more marks inside one record than there is room for, the newest takes
   * the place of the last.
   */
  add(offset: number, clock: number, place: number): void {
    if (this.#repeated && this.count === 1 && offset === 0) {
      this.count = 0
      this.#repeated = false
    }
    if (this.full) this.count--
    this.#set(this.count++, offset, clock, place)
    if (!Number.isNaN(clock)) this.#clock = clock
  }

  /** Adds a mark that gets its clock from the first whole record at or after it. */
  addUnknown(offset: number, place: number): void {
    this.add(offset, UNKNOWN, place)
  }

  /** The first mark that waits for its clock, or `count`. */
  firstUnknown(): number {
    let i = 0
    while (i < this.count && !Number.isNaN(this.#clocks[i])) i++
    return i
  }

  /** Offset of mark `i`. */
  offset(i: number): number {
    return this.#offsets[i]
  }

  /** Gives mark `i`, the first that waits, its clock: the stamp when it is the largest so far. */
  learn(i: number, stamp: number): void {
    if (stamp > this.#clock) this.#clock = stamp
    this.#clocks[i] = this.#clock
  }

  /** Gives all that wait the newest clock: no record follows them. */
  settle(): void {
    for (let i = this.firstUnknown(); i < this.count; i++) this.#clocks[i] = this.#clock
  }

  /**
   * Puts the marks before `cut` into the batch, and with `inclusive` those at it, as far as their
   * clocks are known; then counts offsets from `cut`.
   */
  send(batch: Batch, cut: number, inclusive: boolean): void {
    const sent = this.#before(inclusive ? cut + 1 : cut)
    if (sent === 0) return
    for (let i = 0; i < sent; i++)
      addMark(batch, this.#offsets[i], this.#clocks[i], this.#places[i], this.#kind(i))
    const last = sent - 1
    const clock = this.#clocks[last]
    const place = this.#places[last] + cut - this.#offsets[last]
    this.#repeated = sent === this.count || this.#offsets[sent] > cut
    this.#drop(this.#repeated ? last : sent, cut)
    if (this.#repeated) this.#set(0, 0, clock, place)
  }

  /**
   * Puts a mark of the given kind where the held bytes begin into an empty batch. A clock mark says
   * that more time has passed than any event waits for; it is not kept.
   */
  sendOne(batch: Batch, kind: MarkKind): void {
    const known = Number.isNaN(this.#clocks[0]) ? this.#clock : this.#clocks[0]
    const clock = kind === MarkKind.Clock ? Number.POSITIVE_INFINITY : known
    addMark(batch, 0, clock, this.#places[0], kind)
  }

  #kind(i: number): MarkKind {
    return i === 0 && this.#repeated ? MarkKind.Place : MarkKind.Clock
  }

  /** Forgets all marks and the clock. */
  clear(): void {
    this.count = 0
    this.#repeated = false
    this.#clock = 0
  }

  /** How many marks lie before `offset`, clocks known. */
  #before(offset: number): number {
    let i = 0
    while (i < this.count && this.#offsets[i] < offset && !Number.isNaN(this.#clocks[i])) i++
    return i
  }

  /** Drops the first `n` marks and counts the offsets of the others from `cut`. */
  #drop(n: number, cut: number): void {
    for (const column of [this.#offsets, this.#clocks, this.#places])
      column.copyWithin(0, n, this.count)
    this.count -= n
    for (let i = 0; i < this.count; i++) this.#offsets[i] -= cut
  }

  #set(i: number, offset: number, clock: number, place: number): void {
    this.#offsets[i] = offset
    this.#clocks[i] = clock
    this.#places[i] = place
  }
}
