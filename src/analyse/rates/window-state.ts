import type { MinuteState } from '../counts/minute.ts'
import type { FloodsState } from '../floods/floods.ts'
import type { TornState } from '../losses/torn.ts'
import type { OriginsState } from '../origins/origins.ts'
import type { HistoryState } from './history.ts'
import type { IntervalState } from './interval.ts'
import type { LateRunState } from './late-run.ts'
import type { SecondState } from './second.ts'

/** One node's window in the checkpoint. */
export interface WindowState {
  readonly node: string
  readonly keys: readonly string[]
  readonly newest: number | null
  readonly anchor: number
  readonly kernelHeard: number
  readonly torn: TornState
  readonly last: number
  readonly closed: number
  readonly judged: number
  readonly lateRun: LateRunState
  /** Of each open second that holds something. */
  readonly seconds: readonly SecondState[]
  readonly origins: OriginsState
  readonly history: HistoryState
  readonly minute: MinuteState
  readonly interval: IntervalState
  readonly floods: FloodsState
}
