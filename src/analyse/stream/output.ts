import type { Message, Run } from '../../model/delivery.ts'
import type { Cause } from '../losses/diagnosis.ts'
import type { Breaks } from './breaks.ts'
import type { StreamFigures } from './stream.ts'

/** Where heartbeats and alerts go. */
export interface Output {
  /** Boot id of the stream's writer now, null where unknown. */
  readonly boot: string | null
  /** Where the stream is known to be interrupted. */
  readonly breaks: Breaks
  /** The stream since the heartbeat before, for the node that speaks for it; null for others. */
  streamOf(node: string): StreamFigures | null
  emitRate(heartbeat: Message): void
  emitAlert(alert: Message): void
  /** Entries a second that the stream can be drained at; null while that was not measured. */
  drain(): number | null
  /** Has the columns of a row say who made it. */
  findMaker(run: Run, row: number): void
  /** Why events of a node did not come, from one time to another in ms since the epoch; null where nobody looks. */
  causeOf(node: string, from: number, to: number): Cause | null
}
