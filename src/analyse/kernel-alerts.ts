import type { Message } from '../model/delivery.ts'

/** Version of these alerts. */
const VERSION = 1

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
  return {
    ...head('events.lost', 'critical', node, figures.to),
    from,
    to,
    losses,
    lost,
    backlog_limit: backlogLimit,
    rate_limit: rateLimit,
    reasons,
    text,
  }
}

/** The alert that somebody has set the counter of losses back. */
export function lostReset(node: string, time: number, before: number, lost: number): Message {
  const text =
    `The kernel's counter of lost records on ${node} was reset from ${before} to ${lost}: ` +
    `find who ran auditctl --reset-lost (a CONFIG_CHANGE event with op=set lost=0).`
  return { ...head('lost.reset', 'warning', node, time), before, lost, text }
}

/** The alert that auditing was switched off. */
export function auditDisabled(node: string, time: number): Message {
  const text =
    `Auditing was switched off on ${node} (enabled is 0): the kernel makes no more events ` +
    `until auditctl -e 1.`
  return { ...head('audit.disabled', 'critical', node, time), text }
}

function head(type: string, severity: string, node: string, time: number): Message {
  return { type, v: VERSION, time: timeText(time), node, severity }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
