import type { SerialRun } from './serials.ts'

/** Why something is missing, or what there is to know. */
export type Cause =
  /** The kernel counted losses. */
  | 'kernel'
  /** Serials are missing where the stream is whole: the kernel or auditd lost them. */
  | 'gap'
  /** Serials are missing over a restart of auditd or the shim. */
  | 'restart'
  /** A hole that the spool announced; serials that are missing in one. */
  | 'spool'
  /** Heartbeats are not there. */
  | 'heartbeat'
  /** Two heartbeats of one interval contradict each other. */
  | 'conflict'
  /** What was counted was not given on. */
  | 'delivery'
  /** Events that heartbeats count are not in the files of events. */
  | 'events'
  /** A line is no heartbeat. */
  | 'unreadable'
  /** Lines that are no records; they are kept. */
  | 'rejected'
  /** Events whose end was not seen. */
  | 'incomplete'
  /** The host was started again, and no heartbeat tells of the time between. */
  | 'boot'

/** One thing that is missing. */
export interface Finding {
  readonly cause: Cause
  /** Null for what names no node. */
  readonly node: string | null
  /** The time in question, ISO 8601; null where unknown. */
  readonly from: string | null
  readonly to: string | null
  /** How many, where known, and of what. */
  readonly count: number | null
  readonly unit: 'events' | 'lines' | 'heartbeats' | 'losses'
  /** Where exactly: serials, or positions of the stream. */
  readonly range: string | null
  /** A sentence for people. */
  readonly text: string
  /** Serials that did not come, where they are these. */
  readonly serials?: SerialRun
  /** The type of alert that tells of the place, or what else is known to have happened there. */
  readonly why?: string
}

/** Causes that say what there is to know, and are nothing that is missing. */
const NOTES: ReadonlySet<Cause> = new Set(['rejected', 'incomplete', 'boot'])

/** Records that came and are not whole events: they are there, but somebody may want to know. */
export function isDoubtful({ cause }: Finding): boolean {
  return cause === 'rejected' || cause === 'incomplete'
}

/** Nothing is missing for this. */
export function isNote({ cause }: Finding): boolean {
  return NOTES.has(cause)
}
