import { RECORD_TYPES } from './record-types.ts'

const NAMES = new Map<number, string>()
for (const [number, name] of RECORD_TYPES) if (!NAMES.has(number)) NAMES.set(number, name)

/** Name of a record type as auditd writes it; `UNKNOWN[n]` for a number without a name. */
export function nameOfType(type: number): string {
  return NAMES.get(type) ?? `UNKNOWN[${type}]`
}
