import { alertOf, type Finding, timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { jsonText } from '../../model/json.ts'
import { rounded } from '../counts/figures.ts'
import { type Share, sharesText } from '../losses/blame.ts'
import type { Backlog } from './backlog.ts'
import type { Prediction } from './forecast.ts'

/** What the alert of an overflow to come is made of. Times in ms since the epoch, rates in entries a second. */
export interface ForecastFigures {
  readonly node: string
  readonly time: number
  readonly since: number
  readonly prediction: Prediction
  readonly backlog: Backlog
  readonly limit: number
  /** A reading told the limit. */
  readonly limitRead: boolean
  readonly drain: number | null
  /** Who makes the queue grow, the largest share first. */
  readonly shares: readonly Share[]
}

/** Parts of the time that it may be off for the forecast to be sure. */
const SURE = 0.3

/** The alert that the kernel's queue is about to overflow. */
export function overflowForecast(figures: ForecastFigures): Message {
  const { seconds, growth } = figures.prediction
  const { low, likely, high } = seconds
  const when =
    likely === 0
      ? 'is full'
      : `overflows in about ${Math.round(likely)} s (${Math.floor(low)} to ${high === null ? 'any later time' : Math.ceil(high)})`
  const text =
    `The kernel's audit queue on ${figures.node} ${when}: ${holds(figures)} and grows ` +
    `by ${growth} a second${blame(figures.shares)}: ${advice(figures.shares)}, or raise the limit ` +
    `for the moment (auditctl -b).`
  return alertOf({ ...found(figures), severity: 'critical', status: 'firing', endsAt: null, text })
}

/** The alert that it does not overflow after all, or no longer. */
export function forecastWithdrawn(figures: ForecastFigures): Message {
  const text = `The kernel's audit queue on ${figures.node} is not about to overflow any more: ${holds(figures)}.`
  return alertOf({
    ...found(figures),
    severity: 'info',
    status: 'resolved',
    endsAt: figures.time,
    text,
  })
}

function found(figures: ForecastFigures): Omit<Finding, 'severity' | 'status' | 'endsAt' | 'text'> {
  const { node, time, since, prediction, backlog, limit, limitRead, drain, shares } = figures
  const { low, likely, high } = prediction.seconds
  return {
    type: 'overflow.forecast',
    node,
    time,
    subject: '',
    startsAt: since,
    evidence: {
      seconds: rounded(likely),
      seconds_low: rounded(low),
      seconds_high: high === null ? null : rounded(high),
      confidence: isSure(prediction) ? 'high' : 'low',
      backlog: backlog.likely,
      backlog_low: backlog.low,
      backlog_high: backlog.high,
      backlog_at: timeText(backlog.at),
      limit,
      limit_read: limitRead,
      growth_per_s: prediction.growth,
      drain_per_s: drain === null ? null : rounded(drain),
      shares: sharesText(shares),
    },
  }
}

function isSure({ seconds: { low, likely, high } }: Prediction): boolean {
  return high !== null && likely - low <= SURE * likely && high - likely <= SURE * likely
}

function holds({ time, backlog, limit, limitRead }: ForecastFigures): string {
  const ago = Math.max(0, time - backlog.at) / 1000
  const room = `${limit} entries${limitRead ? '' : ' (a limit that no reading tells)'}`
  return `it held about ${backlog.likely} of ${room} ${ago.toFixed(1)} s ago`
}

function blame([first]: readonly Share[]): string {
  if (first === undefined) return ''
  const who = first.key === '' ? 'events without a rule key' : `rule key ${jsonText(first.key)}`
  return `, ${Math.round(100 * first.share)} % of it by ${who}`
}

function advice([first]: readonly Share[]): string {
  if (first === undefined || first.key === '')
    return 'find the programs that make them (spillway top) and exclude them'
  return `narrow the rules of that key (auditctl -l)`
}
