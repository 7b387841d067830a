import type { Batch } from './batch.ts'
import type { Closing, Position } from './place.ts'
import type { Counts, Result } from './result.ts'

/**
 * Consecutive events in closing order whose bytes lie together in one result:
 * rows `result.order[from … to)`, bytes `result.out[start … end)`.
 */
export interface Run {
  readonly batch: Batch
  readonly result: Result
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

/**
 * Everything that became final with one batch, exact (after stitching). Valid until the batch's
 * memory is released, which is after `accept` of every consumer has settled.
 */
export interface Block {
  readonly batch: Batch
  /** The batch's own result: rejects and counts are there. */
  readonly result: Result
  readonly counts: Counts
  readonly runs: readonly Run[]
  /** First reject row that was not delivered before. */
  readonly rejectsFrom: number
  /** Everything that closes at or before this is delivered once the block is. */
  readonly done: Closing
  /** First byte of the oldest event still open, or where the next batch starts. */
  readonly resume: Position
  /** The events that have begun and are still open behind it. */
  readonly open: readonly Begun[]
}

/** An event that is open. */
export interface Begun {
  readonly serial: number
  /** 1 for one of auditd's own, 0 for one of the kernel's. */
  readonly daemon: number
  /** Its last line is a PROCTITLE record: all but EOE has come. */
  readonly titled: boolean
}

/** A heartbeat or an alert: a plain object that becomes one JSON line. */
export type Message = Readonly<Record<string, unknown>>

/** How a sink that delivers to somewhere else stands. */
export interface SinkStatus {
  readonly connected: boolean
  /** Messages, and bytes of them, that were accepted and are not acknowledged. */
  readonly waiting: number
  readonly waitingBytes: number
  /** Messages acknowledged since the start, events and rejects. */
  readonly delivered: number
  /** Milliseconds without an acknowledgement while some are due. */
  readonly stalledMs: number
  /** What went wrong last; null when something was acknowledged since. */
  readonly error: string | null
  /** Rates and alerts that wait, and how many were dropped for room since the start. */
  readonly outbox: number
  readonly outboxDropped: number
}

/**
 * Where events end up. One contract suite holds for every implementation (test/sink/contract.ts):
 * what was accepted before `sync` settled is durable; order is kept; a failure rejects with a
 * `Failure` and nothing after it is accepted.
 */
export interface Sink {
  /** Takes a block's events and rejects; settles when the block's memory may be reused. */
  accept(block: Block): Promise<void>
  /** Takes one heartbeat. */
  rate(heartbeat: Message): void
  /** Takes one alert. */
  alert(alert: Message): void
  /** Settles when all that was taken before is durable. */
  sync(): Promise<void>
  /** Syncs and lets go of files and connections. */
  close(): Promise<void>
  /** Tries at once what waits to be tried again, where anything does. */
  resume?(): void
  /** How delivery stands, where that can differ from one moment to the next. */
  status?(): SinkStatus
}
