/** Events of a node in a second, and of each of its keys, that are all looked at. */
export const ALL_EVENTS = 2000
export const ALL_OF_KEY = 128

/** Events beyond ALL_EVENTS after which those that are looked at are one further apart, and how far apart at most. */
const FURTHER_AFTER = 256
const MOST_APART = 32

/** Numbers of a row: events that are still to be passed over, and the entries that wait. */
const WIDTH = 2

const FACTOR = 0x9e3779b1 | 0
const MORE_FACTOR = 0x85ebca6b | 0

/** The sample in the checkpoint. */
export type SampleState = readonly number[]

/**
 * Which events of a second are looked at for who made them. To find that takes longer than all else that an event is
 * counted for, so that of a node that makes more than ALL_EVENTS in a second only some are looked at, at irregular
 * distances: one in 2 to MOST_APART, the more came of the node, but of a key of which n came one in n / ALL_OF_KEY at
 * least. Each stands for those that were passed over before it:
 *
 * ```
 *   events of a key    ● ● ● ● · ● · · ● · ● · · · · ● · ·        entries that wait at the end
 *   stand for          1 1 1 1   2     3   2         5            are nobody's
 * ```
 *
 * It depends on what came of the second and in what order, and on nothing else: not on how the stream was cut, nor on
 * when it was read.
 */
export class Sample {
  #rows: Float64Array

  constructor(state: SampleState = []) {
    this.#rows = Float64Array.from(state)
  }

  /**
   * Takes an event of a key's row, the `nth` of it in this second and the `of`th of all; gives the entries that it
   * stands for, 0 where it is passed over.
   */
  take(second: number, row: number, nth: number, of: number, entries: number): number {
    if (of <= ALL_EVENTS) return entries
    const at = row * WIDTH
    if (at >= this.#rows.length) this.#widen(at + WIDTH)
    const rows = this.#rows
    rows[at + 1] += entries
    if (rows[at] > 0) {
      rows[at]--
      return 0
    }
    const stands = rows[at + 1]
    rows[at] = anyOf(2 * apart(nth, of), nth, second)
    rows[at + 1] = 0
    return stands
  }

  /** Empties it for another second. */
  clear(): void {
    if (this.#rows.length > 0) this.#rows = new Float64Array(0)
  }

  /** For the checkpoint. */
  state(): SampleState {
    return [...this.#rows]
  }

  #widen(length: number): void {
    const wider = new Float64Array(Math.max(length, this.#rows.length * 2))
    wider.set(this.#rows)
    this.#rows = wider
  }
}

/** Events to pass over on the average, behind the `nth` of a key and the `of`th of all. */
function apart(nth: number, of: number): number {
  return Math.min(MOST_APART - 1, (of - ALL_EVENTS) / FURTHER_AFTER, nth / ALL_OF_KEY - 1) | 0
}

/** A number from 0 to `most`, each alike often. */
function anyOf(most: number, nth: number, second: number): number {
  let hash = Math.imul(nth ^ Math.imul(second, MORE_FACTOR), FACTOR)
  hash = Math.imul(hash ^ (hash >>> 15), MORE_FACTOR)
  return ((hash ^ (hash >>> 13)) >>> 0) % (most + 1)
}
