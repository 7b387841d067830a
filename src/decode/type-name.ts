import { nameOfType } from '../tables/type-name.ts'
import { type Constant, constant } from './words.ts'

const NAMES = new Map<number, Constant>()

/** Name of a record type as auditd writes it, as bytes to write. */
export function typeName(type: number): Constant {
  let name = NAMES.get(type)
  if (name === undefined) {
    name = constant(nameOfType(type))
    NAMES.set(type, name)
  }
  return name
}
