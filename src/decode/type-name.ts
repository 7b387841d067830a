import { RECORD_TYPES } from '../tables/record-types.ts'
import { ascii } from './out.ts'

const NAMES = new Map<number, Uint8Array>()
for (const [number, name] of RECORD_TYPES) if (!NAMES.has(number)) NAMES.set(number, ascii(name))

/** Name of a record type as auditd writes it; `UNKNOWN[n]` for a number without a name. */
export function typeName(type: number): Uint8Array {
  let name = NAMES.get(type)
  if (name === undefined) {
    name = ascii(`UNKNOWN[${type}]`)
    NAMES.set(type, name)
  }
  return name
}
