import type { Sums } from '../counts/sums.ts'
import type { Drain } from './detector.ts'

/** A second that is judged. */
export interface Now {
  readonly second: number
  readonly sums: Sums
  readonly drain: Drain
  /** Entries of all keys, and by how much they are above their mean without those of floods. */
  readonly all: number
  readonly rise: number
  /** Entries that floods, or what may become one, make above the mean of their keys. */
  excess: number
}
