import { z } from 'zod'
import { alert } from './alert.ts'
import { keyRow, total } from './heartbeat.ts'
import { count, figure, node, position, time, version } from './parts.ts'

const progress = {
  done: position.nullable(),
  resume: position,
  lag_bytes: count,
}

const sink = z.object({
  kind: z.string(),
  connected: z.boolean().optional(),
  waiting: count.optional(),
  waiting_bytes: count.optional(),
  delivered: count.optional(),
  stalled_s: count.optional(),
  error: z.string().nullable().optional(),
  outbox: count.optional(),
  outbox_dropped: count.optional(),
})

const window = z
  .object({
    seconds: count,
    events_per_s: figure,
    entries_per_s: figure,
    bytes_per_s: figure,
    peak_entries_per_s: count,
    p50_entries_per_s: count,
    p95_entries_per_s: count,
    p99_entries_per_s: count,
  })
  .meta({ id: 'window' })

const windows = { '1s': window, '10s': window, '1m': window, '15m': window }

const share = { share: figure, error: figure }
const origins = z.array(z.object({ name: z.string(), ...share }))
const together = z.object({
  program: z.string(),
  user: z.string(),
  call: z.string(),
  path: z.string(),
  ...share,
})

/** What stands in status.json. */
export const status: z.ZodType = z
  .object({
    v: version,
    version: z.string(),
    pid: count,
    node,
    started: time,
    stopped: time.nullable(),
    time,
    delivery: z.object(progress),
    analysis: z.object({ ...progress, lag_s: figure.nullable() }),
    parted: z.boolean().meta({ description: 'Analysis goes on while delivery waits.' }),
    spool: z.object({ directory: z.string(), bytes: count.nullable(), limit: count.nullable() }),
    counts: z.object({
      bytes: count,
      entries: count,
      events: count,
      rejected: count,
      dropped_lines: count,
      dropped_bytes: count,
    }),
    kernel: z.object({
      lost: count.nullable(),
      backlog: count.nullable(),
      backlog_limit: count.nullable(),
    }),
    queue: z.object({
      drain_per_s: figure.nullable(),
      entries: count.nullable(),
      entries_low: count.nullable(),
      entries_high: count.nullable(),
      at: time.nullable(),
      limit: count,
      limit_read: z.boolean(),
      overflow_s: figure.nullable(),
      overflow_low_s: figure.nullable(),
      overflow_high_s: figure.nullable(),
    }),
    rates: z.array(z.object({ node, from: time, to: time, total, keys: z.array(keyRow) })),
    windows: z.array(
      z.object({
        node,
        until: time,
        total: z.object(windows),
        keys: z.array(z.object({ key: z.string(), ...windows })),
      }),
    ),
    origins: z.array(
      z.object({
        node,
        key: z.string(),
        until: time,
        program: origins,
        user: origins,
        call: origins,
        path: origins,
        parent: origins,
        together: z.array(together),
      }),
    ),
    alerts: z.object({ open: z.array(alert), recent: z.array(alert) }),
    sink,
  })
  .meta({ title: 'Spillway status file' })
