import { SLASH } from './bytes.ts'
import type { Carver } from './carver.ts'

/**
 * Texts that say who made the events of a batch, each once: programs and path prefixes, to which the events' columns
 * `program` and `path` point. Row 0 is the empty text. They lie in the batch's bytes as its records have them: after
 * a `"` that is in the range, or in hex.
 */
export interface Texts {
  count: number
  start: Uint32Array
  end: Uint32Array
  hash: Int32Array
}

/** In the column `program` of an event of which nobody has found who made it. */
export const NOT_FOUND: number = 2 ** 32 - 1

/** First number that stands for a user who has not logged in. */
export const USER_ROOM: number = 2 ** 32

/** No user is known. Also what the kernel prints where nobody has logged in. */
export const NO_USER: number = 2 ** 32 - 1

/** First number that stands for a record type instead of a system call. */
const TYPE_ROOM = 2 ** 48

/** A system call's number and architecture (the `arch` of its record) in one number. */
export function callOf(arch: number, number: number): number {
  return arch * 2 ** 16 + (number & 0xffff)
}

/** The number of an event without a system call: its first record's type. */
export function callOfType(type: number): number {
  return TYPE_ROOM + type
}

/** What `callOf` and `callOfType` were given. */
export function readCall(call: number): { arch: number; number: number } | { type: number } {
  if (call >= TYPE_ROOM) return { type: call - TYPE_ROOM }
  return { arch: Math.floor(call / 2 ** 16), number: call % 2 ** 16 }
}

/** `/` in hex. */
const HEX_SLASH_HIGH = 0x32
const HEX_SLASH_LOW = 0x46

/** Whether the byte of a path at `at`, or the two of it in hex, is a slash. */
export function isSlash(bytes: Uint8Array, at: number, isHex: boolean): boolean {
  if (!isHex) return bytes[at] === SLASH
  return bytes[at] === HEX_SLASH_HIGH && bytes[at + 1] === HEX_SLASH_LOW
}

/** Bytes of a row. */
export const TEXT_BYTES: number = 3 * 4

/** An empty table with so many rows of room. */
export function createTexts(carver: Carver, rows: number): Texts {
  return {
    count: 0,
    start: carver.u32(rows),
    end: carver.u32(rows),
    hash: carver.i32(rows),
  }
}
