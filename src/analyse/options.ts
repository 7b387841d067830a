import type { Message } from '../model/delivery.ts'
import type { OriginReader } from '../model/origin-reader.ts'
import type { StreamTotals } from './stream/stream.ts'
import type { Ours } from './vigil/ours.ts'

/** What an analyser needs. */
export interface AnalyserOptions {
  /** Node of events that name none. */
  readonly host: string
  /** Milliseconds of one rates interval: whole seconds. */
  readonly interval: number
  /**
   * The stream comes from this machine's kernel, so that its lag is that of the kernel's queue.
   *
   * @default true
   */
  readonly local?: boolean
  /** Finds who made an event; without it that is told of none. */
  readonly origins?: OriginReader
  /** How our own processes on the host are known in its records; none are without it. */
  readonly ours?: Ours
  /** Takes one heartbeat. */
  emitRate(heartbeat: Message): void
  /** Takes one alert. */
  emitAlert(alert: Message): void
  /** Asks the watcher to look at the rules soon: a record says that they were changed. */
  askRules?(): void
}

/** What an analyser has taken since it was made. */
export interface AnalyserCounts extends Readonly<StreamTotals> {
  readonly events: number
}
