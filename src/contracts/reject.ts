import { z } from 'zod'
import { count, position } from './parts.ts'

/** A line that is no record. */
export const reject: z.ZodType = z
  .object({
    pos: position.meta({ description: 'Where its first byte stands.' }),
    reason: z.enum(['header', 'stamp', 'long', 'torn', 'binary', 'poison', 'refused']),
    node: z.null().meta({ description: 'What does not parse names no node.' }),
    text: z.string().optional().meta({ description: 'Its bytes, where they are UTF-8.' }),
    hex: z
      .string()
      .regex(/^(?:[0-9a-f]{2})*$/)
      .optional()
      .meta({ description: 'Its bytes, where they are not.' }),
    bytes: count,
  })
  .meta({ title: 'Spillway reject' })
