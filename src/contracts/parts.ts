import { z } from 'zod'

/** What the members of several messages are made of. */

/** A schema that says what it is. */
function says<S extends z.ZodType>(schema: S, description: string): S {
  return schema.meta({ description })
}

export const version: z.ZodLiteral<1> = says(z.literal(1), 'Version of this message.')

export const time: z.ZodISODateTime = says(
  z.iso.datetime({ precision: 3 }),
  'ISO 8601, UTC, to the millisecond.',
)

/** Things, bytes, seconds: whole and not negative. */
export const count: z.ZodInt = z.int().min(0)

/** A rate or share. */
export const figure: z.ZodNumber = z.number().min(0)

export const position: z.ZodString = says(
  z.string().regex(/^\d+\.\d+\.\d+$/),
  'Epoch, sequence and byte in the spool; 0.0. and the offset without a spool.',
)

export const node: z.ZodString = says(z.string().min(1), 'Name of the host that the records name.')

export const boot: z.ZodNullable<z.ZodString> = says(
  z.string().nullable(),
  'Boot id of the kernel that the stream was written under; null where unknown.',
)
