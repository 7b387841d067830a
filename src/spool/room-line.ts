/**
 * What a shim may use of its file system, as it says in the file `room` of the spool: one line, at most
 * 96 bytes, `room 1 LIMIT KEEPFREE CRC`, the CRC-32 of what stands before its blank in eight hex digits.
 */

import { crc32 } from 'node:zlib'
import { hex32 } from './format.ts'

/** Name of the file. */
export const ROOM_FILE = 'room'
/** Longest such file that is read. */
export const ROOM_BYTES = 96

const LINE = /^(room 1 (\d{1,16}) (\d{1,16})) ([0-9a-f]{8})\n?$/

/** Used shares at which it is said that a spool fills up. */
const LEVELS: readonly number[] = [0.5, 0.8]
/** Share by which the use must fall below one before it counts as less full. */
const SLACK = 0.1

/** Bounds of a spool, in bytes. */
export interface Allowance {
  /** Most that its segments may take. */
  readonly limit: number
  /** What stays free in its file system. */
  readonly keepFree: number
}

/** The line that says so. */
export function formatRoom({ limit, keepFree }: Allowance): string {
  const text = `room 1 ${limit} ${keepFree}`
  return `${text} ${hex32(crc32(text))}\n`
}

/** What such a line says; null for anything else. */
export function parseRoom(text: string): Allowance | null {
  const match = LINE.exec(text)
  if (!match || hex32(crc32(match[1])) !== match[4]) return null
  return { limit: Number(match[2]), keepFree: Number(match[3]) }
}

/** Bytes a spool can come to hold as things stand: its limit, or what its file system leaves it. */
export function capacityOf({ limit, keepFree }: Allowance, used: number, free: number): number {
  return Math.max(1, Math.min(limit, used + free - keepFree))
}

/** How full a spool is: 0, 1 from half of what it can hold on, 2 from four fifths on; `before` is what it was. */
export function fillLevel(share: number, before: number): number {
  return LEVELS.filter((level, i) => share >= (i < before ? level - SLACK : level)).length
}
