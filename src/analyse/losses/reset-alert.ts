import { alertOf, timeText } from '../../model/alert.ts'
import { type Author, authorText } from '../../model/author.ts'
import type { Message } from '../../model/delivery.ts'

/** The counter of losses was set back. */
export interface Reset {
  /** When, or when that was read, ms since the epoch. */
  readonly at: number
  readonly before: number
  readonly lost: number
  /** Null where no record tells. */
  readonly by: Author | null
}

/**
 * The alert that somebody has set the counter of losses back. What is told of one reset twice, by a reading
 * and by its record, has the time that was told first (`first`) in its `dedup_key`.
 */
export function lostReset(
  node: string,
  { at, before, lost, by }: Reset,
  first: number = at,
): Message {
  const what = `The kernel's counter of lost records on ${node} was reset from ${before} to ${lost}`
  const who =
    by === null
      ? ': find who ran auditctl --reset-lost (a CONFIG_CHANGE event with op=set lost=0).'
      : ` by ${authorText(by)}: ask whether that was meant, since it hides what was lost before.`
  return alertOf({
    type: 'lost.reset',
    node,
    severity: 'warning',
    time: at,
    subject: timeText(first),
    status: 'firing',
    startsAt: at,
    endsAt: at,
    text: `${what}${who}`,
    evidence: { before, lost, by },
  })
}
