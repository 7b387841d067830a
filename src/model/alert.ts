import type { Message } from './delivery.ts'
import { plain } from './plain.ts'

/** Version of all alerts. */
const VERSION = 1

/** The page on which every type of alert has a heading of its own: what it means and what to do. */
const RUNBOOK = 'docs/operating.md'

/** Latest time of a Date (ECMA-262, 21.4.1.1). */
const MAX_TIME = 8.64e15

/** What an alert asks for: nothing, a look in working hours, somebody now. */
export type Severity = 'info' | 'warning' | 'critical'

/** What an alert is made of. Times in ms since the epoch. */
export interface Finding {
  readonly type: string
  readonly node: string
  readonly severity: Severity
  /** When it was found, by the clock that found it. */
  readonly time: number
  /** With the family of the type and the node, what the alerts of one trouble have in common. */
  readonly subject: string
  /** `resolved` withdraws what was said to be `firing` under the same `dedup_key`. */
  readonly status: 'firing' | 'resolved'
  readonly startsAt: number
  /** Null while it lasts. What is over when it is found has an end and is `firing`: nothing follows. */
  readonly endsAt: number | null
  /** A sentence for people, sent without control characters; everything in it is in `evidence` too. */
  readonly text: string
  readonly evidence: Message
}

/** An alert as it is sent. Documented in docs/contracts.md. */
export function alertOf(finding: Finding): Message {
  const { type, node, severity, time, subject, status, startsAt, endsAt, text, evidence } = finding
  return {
    type,
    v: VERSION,
    time: timeText(time),
    node,
    severity,
    dedup_key: `${familyOf(type)}/${node}/${subject}`,
    status,
    starts_at: timeText(startsAt),
    ends_at: endsAt === null ? null : timeText(endsAt),
    text: plain(text),
    evidence,
    runbook: `${RUNBOOK}#${type.replaceAll('.', '')}`,
  }
}

/** Milliseconds since the epoch as an ISO 8601 time; what no date reaches is the last there is. */
export function timeText(ms: number): string {
  return new Date(Math.min(ms, MAX_TIME)).toISOString()
}

/** What the alerts of one trouble share: `flood` of `flood.start`, `flood.worse` and `flood.end`. */
function familyOf(type: string): string {
  return type.replace(/\.(?:start|worse|end)$/, '')
}
