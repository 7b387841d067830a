import { z } from 'zod'

/** What the members of several messages are made of. Each is a definition of its own in a JSON Schema. */

function part<S extends z.ZodType>(schema: S, id: string, description: string): S {
  return schema.meta({ id, description })
}

export const version: z.ZodLiteral<1> = part(z.literal(1), 'version', 'Version of this message.')

export const time: z.ZodISODateTime = part(
  z.iso.datetime({ precision: 3 }),
  'time',
  'ISO 8601, UTC, to the millisecond.',
)

export const count: z.ZodInt = part(z.int().min(0), 'count', 'Things, bytes or seconds.')

export const figure: z.ZodNumber = part(z.number().min(0), 'figure', 'A rate, a share or seconds.')

export const serial: z.ZodInt = part(
  z.int().min(0).max(0xff_ff_ff_ff),
  'serial',
  'Serial number of an event within a boot.',
)

export const position: z.ZodString = part(
  z.string().regex(/^\d+\.\d+\.\d+$/),
  'position',
  'Epoch, sequence and byte in the spool; 0.0. and the offset without a spool.',
)

export const node: z.ZodString = part(
  z.string().min(1),
  'node',
  'Name of the host that the records name, or of this one.',
)

export const boot: z.ZodNullable<z.ZodString> = part(
  z.string().nullable(),
  'boot',
  'Boot id of the kernel that the stream was written under; null where unknown.',
)

/** Serials in a row that did not come. */
export const range: z.ZodType = z
  .object({
    from: serial,
    to: serial,
    count,
    before: time,
    after: time,
    why: z.string().nullable(),
  })
  .meta({ id: 'range', description: 'Serials that did not come, and the events around them.' })
