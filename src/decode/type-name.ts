import { RECORD_TYPES } from '../tables/record-types.ts'
import { type Constant, constant } from './words.ts'

const NAMES = new Map<number, Constant>()
for (const [number, name] of RECORD_TYPES) if (!NAMES.has(number)) NAMES.set(number, constant(name))

/** Name of a record type as auditd writes it; `UNKNOWN[n]` for a number without a name. */
export function typeName(type: number): Constant {
  let name = NAMES.get(type)
  if (name === undefined) {
    name = constant(`UNKNOWN[${type}]`)
    NAMES.set(type, name)
  }
  return name
}
