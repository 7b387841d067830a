import { z } from 'zod'
import { alert } from './alert.ts'
import { event } from './event.ts'
import { heartbeat } from './heartbeat.ts'
import { reject } from './reject.ts'
import { status } from './status.ts'

/**
 * The contracts of all that comes out. Nothing that runs loads them: they are held against what the
 * program makes by tests, and given to others as the JSON Schemas in docs/schemas.
 */
export const CONTRACTS: Readonly<Record<string, z.ZodType>> = {
  event,
  heartbeat,
  alert,
  reject,
  status,
}

/** The JSON Schema (2020-12) of a contract. New members may come, so that it allows for others. */
export function jsonSchemaOf(contract: z.ZodType): object {
  return z.toJSONSchema(contract, { io: 'input' })
}

/** A JSON Schema as it stands in its file. */
export function schemaText(contract: z.ZodType): string {
  return `${JSON.stringify(jsonSchemaOf(contract), null, 2)}\n`
}
