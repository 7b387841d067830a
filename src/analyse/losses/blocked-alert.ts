import { alertOf, timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { jsonText } from '../../model/json.ts'
import { type Share, sharesText } from './blame.ts'
import { CAUSES, type Cause } from './diagnosis.ts'

/** Why processes wait though nothing is lost. */
export type BlockingCause = Extract<Cause, 'blocking' | 'lost_wakeup'>

/** What the alert is made of. Times in ms since the epoch. */
export interface BlockedFigures {
  readonly node: string
  readonly cause: BlockingCause
  /** When it was seen, or when it was over. */
  readonly time: number
  readonly since: number
  /** How long they waited together; 0 where that is not known. */
  readonly waitedMs: number
  /** Room in the queue, and how long a process waits for it at most; null where not known. */
  readonly limit: number | null
  readonly waitMs: number | null
}

/** The alert that processes wait for room in the kernel's queue. `shares` are whose records fill it. */
export function blocked(figures: BlockedFigures, shares: readonly Share[]): Message {
  const { node, cause } = figures
  const { is, advice } = CAUSES[cause]
  const since = timeText(figures.since)
  return made(figures, shares, {
    severity: 'warning',
    status: 'firing',
    endsAt: null,
    text: `On ${node} ${is}${waited(figures)}, since ${since}${whose(shares)}: ${advice}.`,
  })
}

/** The alert that nobody waits any more. */
export function unblocked(figures: BlockedFigures): Message {
  return made(figures, [], {
    severity: 'info',
    status: 'resolved',
    endsAt: figures.time,
    text: `On ${figures.node} no process waits for room in the audit queue any more${waited(figures)}.`,
  })
}

function made(
  { node, cause, time, since, waitedMs, limit, waitMs }: BlockedFigures,
  shares: readonly Share[],
  told: Pick<Parameters<typeof alertOf>[0], 'severity' | 'status' | 'endsAt' | 'text'>,
): Message {
  return alertOf({
    type: 'audit.blocked',
    node,
    time,
    subject: timeText(since),
    startsAt: since,
    evidence: {
      cause,
      waited_ms: waitedMs === 0 ? null : Math.round(waitedMs),
      backlog_limit: limit,
      backlog_wait_ms: waitMs === null ? null : Math.round(waitMs),
      shares: sharesText(shares),
    },
    ...told,
  })
}

function waited({ waitedMs }: BlockedFigures): string {
  return waitedMs === 0 ? '' : `, ${(waitedMs / 1000).toFixed(1)} s together`
}

function whose([first]: readonly Share[]): string {
  if (first === undefined) return ''
  const who = first.key === '' ? 'without a rule key' : `with rule key ${jsonText(first.key)}`
  return `, ${Math.round(100 * first.share)} % of what comes ${who}`
}
