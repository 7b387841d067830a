import type { FloodsState } from './floods.ts'
import type { IntervalState, SecondFigures } from './interval.ts'
import type { SumsState } from './sums.ts'

/** One node's window in the checkpoint. */
export interface WindowState {
  readonly node: string
  readonly keys: readonly string[]
  readonly newest: number | null
  readonly anchor: number
  readonly kernelHeard: number
  readonly last: number
  readonly closed: number
  readonly judged: number
  readonly lateRun: number
  /** Of each open second that holds something. */
  readonly seconds: readonly (SecondFigures & { second: number; sums: SumsState })[]
  readonly interval: IntervalState
  readonly floods: FloodsState
}
