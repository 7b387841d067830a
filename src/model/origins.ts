import type { Carver } from './carver.ts'

/**
 * Who made the events of a batch: one row per distinct origin, to which the events' column `origin`
 * points. Row 0 is that of events of which nothing is known. Texts lie in the batch's bytes as its records
 * have them: after a `"` that is in the range, or in hex.
 */
export interface Origins {
  count: number
  /** Index into `Result.keySets`. */
  keySet: Uint32Array
  /** What the event is: see `callOf`. */
  call: Float64Array
  /** Login user, or USER_ROOM and the user where none has logged in; NO_USER where neither is known. */
  user: Float64Array
  /** The program, or the name of its thread where that is all there is; empty without either. */
  programStart: Uint32Array
  programEnd: Uint32Array
  /** What the paths of the event have in common with others near them; empty without a path. */
  pathStart: Uint32Array
  pathEnd: Uint32Array
  /** Hashes of the two texts. */
  programHash: Int32Array
  pathHash: Int32Array
}

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

/** Bytes of a row. */
export const ORIGIN_BYTES: number = 7 * 4 + 2 * 8

/** An empty table with so many rows of room. */
export function createOrigins(carver: Carver, rows: number): Origins {
  return {
    count: 0,
    keySet: carver.u32(rows),
    call: carver.f64(rows),
    user: carver.f64(rows),
    programStart: carver.u32(rows),
    programEnd: carver.u32(rows),
    pathStart: carver.u32(rows),
    pathEnd: carver.u32(rows),
    programHash: carver.i32(rows),
    pathHash: carver.i32(rows),
  }
}
