import { LF } from '../model/bytes.ts'
import { MAX_LINE } from '../model/limits.ts'

/**
 * Text lines in the bytes held by the framer, `bytes[0 … length)`.
 *
 * A line ends with its LF. One that has no LF among its first MAX_LINE bytes is over-long: it is cut,
 * counted from its first byte, into pieces of exactly MAX_LINE bytes, and the last piece ends with the
 * LF (that piece may be the LF alone). Every piece is a line of its own here and a reject for the
 * decoder. Byte 0 always begins a line or a piece, so the pieces fall alike however batches are cut.
 */

/** The byte after the last whole line, 0 when there is none. */
export function endOfLines(bytes: Uint8Array, length: number): number {
  const line = lineStart(bytes, length)
  return line + Math.floor((length - line) / MAX_LINE) * MAX_LINE
}

/** The first byte of the line that ends at `end`, which `endOfLines` gave. */
export function startOfLastLine(bytes: Uint8Array, end: number): number {
  const line = lineStart(bytes, end - 1)
  return line + Math.floor((end - 1 - line) / MAX_LINE) * MAX_LINE
}

/** The first byte at or after `at` that begins a line, -1 when it is not in sight. */
export function lineFrom(bytes: Uint8Array, length: number, at: number): number {
  const line = lineStart(bytes, at)
  const piece = line + Math.ceil((at - line) / MAX_LINE) * MAX_LINE
  const end = bytes.subarray(at, Math.min(length, piece)).indexOf(LF)
  if (end >= 0) return at + end + 1
  return piece <= length ? piece : -1
}

/**
 * The end of the line that begins at `start`, LF not included; -1 while it is not whole. Of an
 * over-long line it gives `start`: nothing in it is read.
 */
export function lineEnd(bytes: Uint8Array, length: number, start: number): number {
  const end = bytes.subarray(start, Math.min(length, start + MAX_LINE)).indexOf(LF)
  if (end >= 0) return start + end
  return length - start >= MAX_LINE ? start : -1
}

/** Bytes of a line in which its record type stands, behind `node=` and a host's name. */
const HEAD_BYTES = 300

/** True where what is held ends with a line of type EOE, which auditd writes last of an event in several records. */
export function endsWithEoe(bytes: Uint8Array, length: number): boolean {
  if (length === 0 || bytes[length - 1] !== LF) return false
  const start = lineStart(bytes, length - 1)
  const end = Math.min(length, start + HEAD_BYTES)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).includes('type=EOE ')
}

/** Whether what begins at `start` is the rest of an over-long line; `first` says it of byte 0. */
export function isContinued(bytes: Uint8Array, start: number, first: boolean): boolean {
  return start === 0 ? first : bytes[start - 1] !== LF
}

/** The first byte of the line that byte `at` belongs to, as far as it is held. */
function lineStart(bytes: Uint8Array, at: number): number {
  return at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1
}
