import { HASH } from '../model/bytes.ts'
import type { Out } from './out.ts'
import type { Scope } from './scope.ts'

const NO_PREFIX = new Uint8Array(0)

/**
 * Writes `,"name":`, of a scope's first member without the comma; a name that comes again is
 * `name#2`. Gives where the name starts in the output.
 */
export function writeName(
  out: Out,
  scope: Scope,
  bytes: Uint8Array,
  start: number,
  end: number,
  times: number,
  prefix: Uint8Array = NO_PREFIX,
): number {
  if (scope.any) out.byte(0x2c)
  scope.any = true
  const name = out.at
  out.byte(0x22)
  out.copy(prefix, 0, prefix.length)
  out.copy(bytes, start, end)
  if (times > 1) {
    out.byte(HASH)
    out.integer(times)
  }
  out.byte(0x22)
  out.byte(0x3a)
  return name
}

const OWN_NAMES = ['ARGV', 'ARGV_hex', 'denied', 'granted'].map((name) => Buffer.from(name))
const OWN_ENDINGS = ['_hex', '_raw'].map((name) => Buffer.from(name))

/**
 * Whether a field's name is one that members of our own have: what is written so could come twice
 * in one object, or with two types. Such a field stays text.
 */
export function isOwnName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === HASH) return true
  return (
    OWN_NAMES.some((name) => name.length === end - start && endsWith(bytes, end, name)) ||
    OWN_ENDINGS.some((ending) => ending.length <= end - start && endsWith(bytes, end, ending))
  )
}

function endsWith(bytes: Uint8Array, end: number, ending: Uint8Array): boolean {
  const start = end - ending.length
  return ending.every((byte, i) => bytes[start + i] === byte)
}
