import { alertOf, timeText } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { CAUSES, type Cause, type Words } from '../losses/diagnosis.ts'
import type { Missing } from './missing.ts'

/** Ranges that the sentence for people names. */
const NAMED = 3

/** What to do about each. */
const BEFORE =
  'they were lost before it, by an auditd that did not keep up or a rate limit; see q_depth in auditd.conf and auditctl -s'
const INTERRUPTED = "spillway reconcile brings back what auditd's own log has"

/**
 * The alert that serials of a node did not come. `boot` is null where unknown, `why` where nobody looks, or where
 * the stream was interrupted for all of them.
 */
export function gapsAlert(
  node: string,
  boot: string | null,
  missing: Missing,
  why: Cause | null,
): Message {
  const { count, known, ranges, more, before, after } = missing
  const named = ranges.slice(0, NAMED).map(rangeText).join(', ')
  const others = ranges.length - NAMED + more
  const who = count === 1 ? `1 event of ${node} is` : `${count} events of ${node} are`
  const text =
    `${who} missing between ${timeText(before)} and ${timeText(after)}: ` +
    `serials ${named}${others > 0 ? ` and ${others} more ranges` : ''}. ${reason(missing, why)}`
  return alertOf({
    type: 'stream.gap',
    node,
    severity: 'critical',
    time: after,
    subject: `${boot ?? ''}/${String(ranges[0]['from'])}`,
    status: 'firing',
    startsAt: before,
    endsAt: after,
    text,
    evidence: { boot, missing: count, known, cause: why, ranges, more },
  })
}

function rangeText({ from, to }: Message): string {
  return from === to ? String(from) : `${String(from)}–${String(to)}`
}

function reason({ count, known }: Missing, why: Cause | null): string {
  if (known === count) return `The stream was interrupted there: ${INTERRUPTED}.`
  const lost = why === null || why === 'unknown' ? BEFORE : since(CAUSES[why])
  if (known === 0) return `Nothing is missing in the spool there: ${lost}.`
  return `For ${known} of them the stream was interrupted there: ${INTERRUPTED}. The others: ${lost}.`
}

function since({ is, advice }: Words): string {
  return `they were lost before it, since ${is}: ${advice}`
}
