import { alertOf, type Finding, timeText } from '../model/alert.ts'
import type { Message } from '../model/delivery.ts'

/** What the alert of a loss is made of. Times in ms since the epoch. */
export interface LossFigures {
  readonly node: string
  /** When the counter was last read as it was before, and as it is now. */
  readonly from: number
  readonly to: number
  readonly losses: number
  /** The counter now. */
  readonly lost: number
  /** Null where not known. */
  readonly backlogLimit: number | null
  readonly rateLimit: number | null
  /** What the kernel log gave as reasons; empty where it gave none. */
  readonly reasons: readonly string[]
}

/** The alert that the kernel has counted losses. */
export function eventsLost(figures: LossFigures): Message {
  const { node, losses, lost, backlogLimit, rateLimit, reasons } = figures
  const [from, to] = [timeText(figures.from), timeText(figures.to)]
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : ''
  const limits = `backlog limit ${backlogLimit ?? 'unknown'}, rate limit ${rateLimit ?? 'unknown'}`
  const text =
    `The kernel of ${node} lost audit records between ${from} and ${to}${why}: its counter rose by ` +
    `${losses} to ${lost}, each a record or a whole event, with ${limits}.`
  return alertOf({
    ...found(node, figures.to),
    type: 'events.lost',
    severity: 'critical',
    subject: from,
    startsAt: figures.from,
    text,
    evidence: {
      losses,
      lost,
      backlog_limit: backlogLimit,
      rate_limit: rateLimit,
      reasons,
    },
  })
}

/** The alert that somebody has set the counter of losses back. */
export function lostReset(node: string, time: number, before: number, lost: number): Message {
  const text =
    `The kernel's counter of lost records on ${node} was reset from ${before} to ${lost}: ` +
    `find who ran auditctl --reset-lost (a CONFIG_CHANGE event with op=set lost=0).`
  return alertOf({
    ...found(node, time),
    type: 'lost.reset',
    severity: 'warning',
    subject: timeText(time),
    text,
    evidence: { before, lost },
  })
}

/** What is over when it is found. */
function found(
  node: string,
  time: number,
): Pick<Finding, 'node' | 'time' | 'status' | 'startsAt' | 'endsAt'> {
  return { node, time, status: 'firing', startsAt: time, endsAt: time }
}
