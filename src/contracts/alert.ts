import { z } from 'zod'
import { boot, count, figure, node, position, range, time, version } from './parts.ts'

const head = {
  v: version,
  time,
  node,
  severity: z.enum(['info', 'warning', 'critical']).meta({ id: 'severity' }),
  dedup_key: z.string().meta({ description: 'What all alerts of one trouble have in common.' }),
  status: z.enum(['firing', 'resolved']),
  starts_at: time,
  ends_at: time.nullable().meta({ description: 'Null while it lasts.' }),
  text: z.string().min(1).meta({ description: 'A sentence for people.' }),
  runbook: z.string().regex(/^docs\/operating\.md#[a-z]+$/),
}

/** The schema of one type of alert. */
function alertOf(type: string, evidence: z.ZodRawShape): z.ZodType {
  return z
    .object({ type: z.literal(type), ...head, evidence: z.object(evidence) })
    .meta({ id: type })
}

const shares = { share: figure, error: figure, usual_per_s: figure }
const culprits = z.array(z.object({ name: z.string(), ...shares }))
const together = z.array(
  z.object({
    program: z.string(),
    user: z.string(),
    call: z.string(),
    path: z.string(),
    ...shares,
  }),
)
const origins = z
  .object({
    program: culprits,
    user: culprits,
    call: culprits,
    path: culprits,
    parent: culprits,
    together,
  })
  .meta({ id: 'origins' })

/** Rules as `auditctl -l` prints them; null where nobody lists them. */
const rules = z.array(z.string()).nullable()
const flood = {
  key: z.string(),
  events_per_s: figure,
  entries_per_s: figure,
  peak_entries_per_s: figure,
  worst_entries_per_s: figure,
  share: figure,
  usual_per_s: figure,
  usual_peak_per_s: figure,
  bar_per_s: figure,
  why: z.enum(['peak', 'sustained', 'share']),
  drain_per_s: figure,
  drain_measured: z.boolean(),
  drain_share: figure,
  seconds: count,
  events: count,
  entries: count,
  origins: origins.nullable(),
  rules,
}
/** Who did something, as far as records say. */
const author = z.object({
  auid: count.nullable(),
  uid: count.nullable(),
  pid: count.nullable(),
  exe: z.string().nullable(),
})
const share = z.object({ key: z.string(), share: figure, error: figure })
const cause = z
  .enum([
    'burst',
    'rate_limit',
    'auditd_stalled',
    'no_auditd',
    'slow_plugin',
    'plugin_queue',
    'blocking',
    'lost_wakeup',
    'memory',
    'unknown',
  ])
  .meta({ id: 'cause' })
const lines = count.nullable()
const bytes = count.nullable()
const kafka = { topic: z.string().nullable(), error: z.string().nullable() }

/** The evidence of every type of alert. */
const EVIDENCE: Readonly<Record<string, z.ZodRawShape>> = {
  'flood.start': flood,
  'flood.worse': flood,
  'flood.end': { ...flood, over: z.enum(['calm', 'usual', 'stream']) },
  'overflow.forecast': {
    seconds: figure,
    seconds_low: figure,
    seconds_high: figure.nullable(),
    confidence: z.enum(['high', 'low']),
    backlog: count,
    backlog_low: count,
    backlog_high: count,
    backlog_at: time,
    limit: count,
    limit_read: z.boolean(),
    growth_per_s: z.number(),
    drain_per_s: figure.nullable(),
    shares: z.array(share),
  },
  'spool.dropped': { at: position, lines: count, bytes: count },
  'spool.skipped': { from: position, to: position, lines, bytes },
  'spool.corrupt': {
    from: position,
    to: position,
    lines: count,
    bytes: count,
    file: z.string().nullable(),
  },
  'spool.died': { at: position, torn: count },
  'spool.waiting': { epoch: count, newer: count },
  'spool.filling': { bytes: count, limit: count, share: figure },
  'events.lost': {
    losses: count,
    lost: count,
    backlog_limit: count.nullable(),
    rate_limit: count.nullable(),
    reasons: z.array(z.string()),
    cause,
    gaps: count,
    events_missing: count,
    records_missing: count.nullable(),
    shares: z.array(share),
    settled: z.boolean(),
    foreseen_at: time.nullable(),
  },
  'stream.gap': {
    boot,
    missing: count,
    known: count,
    cause: cause.nullable(),
    ranges: z.array(range),
    more: count,
  },
  'audit.blocked': {
    cause: z.enum(['blocking', 'lost_wakeup']),
    waited_ms: count.nullable(),
    backlog_limit: count.nullable(),
    backlog_wait_ms: count.nullable(),
    shares: z.array(share),
  },
  'lost.reset': { before: count, lost: count, by: author.nullable() },
  'audit.disabled': { by: author.nullable() },
  'auditd.stopped': {
    ending: z.enum(['ended', 'aborted', 'killed', 'missing']).nullable(),
    by: author.nullable(),
  },
  'rules.changed': {
    added: rules,
    gone: rules,
    moved: z.boolean().nullable(),
    more: count,
    count: count.nullable(),
    by: z.array(author.extend({ ops: z.record(z.string(), count) })),
    keys: z.array(z.string()),
  },
  'self.flood': {
    share: figure,
    entries: count,
    entries_per_s: figure,
    loops: z.boolean(),
    programs: z.array(z.object({ program: z.string(), uid: count.nullable(), entries: count })),
    keys: z.array(z.string()),
    rules: z.array(z.string()),
  },
  'node.silent': {
    records: z.enum(['all', 'kernel']),
    silent_s: count,
    longest_s: count.nullable(),
  },
  'kafka.unreachable': kafka,
  'kafka.refused': kafka,
  'kafka.limit': kafka,
  'kafka.timestamp': kafka,
  'kafka.rejected': kafka,
  'outbox.dropped': { dropped: count },
  'decode.poison': { at: position.nullable(), bytes: count, reason: z.string() },
}

/** All types of alerts there are. */
export const ALERT_TYPES: readonly string[] = Object.keys(EVIDENCE)

/** An alert of any type. */
export const alert: z.ZodType = z
  .union(ALERT_TYPES.map((type) => alertOf(type, EVIDENCE[type])))
  .meta({ id: 'alert', title: 'Spillway alert' })
