import { z } from 'zod'
import { boot, count, position, serial, time } from './parts.ts'

const missing = z.union([
  z.object({ record: z.string(), announced: count, present: count }),
  z.object({ record: z.string(), argument: count }),
])

const envelope = z
  .object({
    id: z
      .string()
      .meta({ description: 'Node, stamp and serial; d before the serial of DAEMON_*.' }),
    pos: position.meta({ description: 'Where its first line stands. With id it is unique.' }),
    time,
    serial,
    host: z.string().nullable().meta({ description: 'The host the stream was read on.' }),
    boot,
    keys: z.array(z.string()).meta({ description: 'The rule keys, one entry each.' }),
    category: z.string(),
    complete: z.boolean(),
    reason: z
      .enum(['quiet', 'size', 'end', 'pressure'])
      .optional()
      .meta({ description: 'Why an event closed that is not complete.' }),
    missing: z
      .array(missing)
      .optional()
      .meta({ description: 'Records or arguments that it announces and lacks.' }),
    raw: z.array(z.string().nullable()).optional().meta({ description: 'Its lines.' }),
    raw_hex: z.array(z.object({ index: count, hex: z.string() })).optional(),
    recovered: z
      .literal(true)
      .optional()
      .meta({ description: 'The stream had lost it, or a part of it; reconcile brought it back.' }),
    recovered_from: z.string().optional().meta({ description: 'The log it was in.' }),
  })
  .meta({ description: 'What Spillway adds to the records.' })

/** An event: the members that every one has. Its record types stand beside them, in LAUREL's layout. */
export const event: z.ZodType = z
  .looseObject({
    ID: z.string().regex(/^\d+\.\d{3}:\d+$/),
    NODE: z.string().optional(),
    EVENT: envelope,
  })
  .meta({ title: 'Spillway event' })
