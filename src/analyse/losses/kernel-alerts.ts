import { alertOf, type Finding, timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { jsonText } from '../../model/json.ts'
import type { KernelNote } from '../../model/kernel-note.ts'
import type { Account } from './account.ts'
import { sharesText } from './blame.ts'
import { CAUSES, type Cause } from './diagnosis.ts'

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
  /** Serials that did not come meanwhile, for no reason that the spool knows. */
  readonly gaps: number
  readonly cause: Cause
  readonly account: Account
  /** The stream has come to it; else it is told again when it has. */
  readonly settled: boolean
  /** When an overflow was foreseen; null where none was. */
  readonly foreseen: number | null
}

/** What the kernel log gives as the reason of a loss, in its own words. */
export const REASONS: Readonly<Partial<Record<KernelNote['says'], string>>> = {
  over: 'backlog limit exceeded',
  backlog: 'backlog limit exceeded',
  rate: 'rate limit exceeded',
  retry: 'kauditd retry queue overflow',
  hold: 'kauditd hold queue overflow',
  memory: 'out of memory',
  gone: 'auditd disappeared',
}

/** The alert that the kernel has counted losses. */
export function eventsLost(figures: LossFigures): Message {
  const { node, losses, lost, backlogLimit, rateLimit, reasons, gaps, cause, account } = figures
  const [from, to] = [timeText(figures.from), timeText(figures.to)]
  const { is, advice } = CAUSES[cause]
  const text =
    `The kernel of ${node} lost audit records between ${from} and ${to}, since ${is}: about ` +
    `${account.events} events${ofRecords(account)} are missing${whose(figures)}` +
    `${foreseenText(figures)}. Its counter rose by ${losses} to ${lost}: ${advice}.`
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
      cause,
      gaps,
      events_missing: account.events,
      records_missing: account.records,
      shares: sharesText(account.shares),
      settled: figures.settled,
      foreseen_at: figures.foreseen === null ? null : timeText(figures.foreseen),
    },
  })
}

function ofRecords({ records }: Account): string {
  return records === null ? '' : ` of ${records} records`
}

function whose({ account, settled }: LossFigures): string {
  const [first] = account.shares
  if (!settled) return ', of whom is not known yet'
  if (first === undefined) return ''
  const who = first.key === '' ? 'without a rule key' : `with rule key ${jsonText(first.key)}`
  return `, ${Math.round(100 * first.share)} % of them ${who}`
}

/** A queue that fills within a second or two shows only when it is too late. */
function foreseenText({ foreseen, from, cause }: LossFigures): string {
  if (foreseen !== null && foreseen < from)
    return `, as was foreseen ${Math.round((from - foreseen) / 1000)} s before`
  return cause === 'burst' ? ', which came too fast to be foreseen' : ''
}

/** What is over when it is found. */
function found(
  node: string,
  time: number,
): Pick<Finding, 'node' | 'time' | 'status' | 'startsAt' | 'endsAt'> {
  return { node, time, status: 'firing', startsAt: time, endsAt: time }
}
