import { z } from 'zod'
import { boot, count, figure, node, position, range, serial, time, version } from './parts.ts'

const sums = {
  events: count,
  records: count,
  entries: count.meta({ description: 'Records and EOE: what fills the backlog of the kernel.' }),
  bytes: count,
  events_per_s: figure,
  records_per_s: figure,
  bytes_per_s: figure,
  peak_records_per_s: figure,
  peak_at: time.nullable(),
  peak_entries_per_s: count.optional(),
  late: count.meta({ description: 'Events too late for their own interval; in no other sum.' }),
}

/** Sums over all events of an interval. */
export const total: z.ZodType = z.object(sums).meta({ id: 'total' })

/** Who made entries of a key: the share at least, and by how much it may be more. */
const origin = z.object({
  program: z.string(),
  user: z.string(),
  call: z.string(),
  path: z.string(),
  share: figure,
  error: figure,
})

/** Sums over the events of one rule key. */
export const keyRow: z.ZodType = z
  .object({
    key: z.string().meta({ description: 'The rule key; empty for none, (other) beyond 10,000.' }),
    ...sums,
    origins: z
      .array(origin)
      .optional()
      .meta({ description: 'Who made most of it; missing where that is not known.' }),
  })
  .meta({ id: 'key_row' })

const hole = z.object({
  why: z.string(),
  at: position,
  lines: count.nullable(),
  bytes: count.nullable(),
})

const stream = z
  .object({
    host: z.string(),
    from: position,
    to: position,
    bytes: count,
    entries: count,
    rejected: count,
    dropped_lines: count,
    dropped_bytes: count,
    holes: z.array(hole),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
  })
  .meta({ description: 'The bytes of the stream from one position to before another.' })

const now = z
  .object({
    time,
    spool_bytes: count.nullable(),
    spool_limit: count.nullable(),
    lag_bytes: count,
    lag_s: figure.nullable(),
    lost: count.nullable(),
    lost_delta: count.nullable(),
    backlog: count.nullable(),
    backlog_limit: count.nullable(),
  })
  .meta({ description: 'Gauges of the moment of telling; the rest is the same when told again.' })

/** The heartbeat of one node and interval. */
export const heartbeat: z.ZodType = z
  .object({
    type: z.literal('rates'),
    v: version,
    node,
    from: time,
    to: time,
    part: z.int().min(1),
    parts: z.int().min(1),
    boot,
    serials: z
      .object({
        first: serial.nullable(),
        last: serial.nullable(),
        missing: count,
        ranges: z.array(range),
        more: count,
      })
      .nullable(),
    in: z.object({ events: count, records: count, entries: count }),
    out: z.object({ events: count, records: count }),
    filtered: count,
    rejected: count,
    incomplete: count,
    stream: stream.nullable(),
    total,
    keys: z.array(keyRow),
    now,
  })
  .meta({ title: 'Spillway heartbeat' })
