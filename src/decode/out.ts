import { QUOTE } from '../model/bytes.ts'
import { grown, type Result } from '../model/result.ts'
import { type Constant, SLACK, viewOf } from './words.ts'

const HEX_DIGITS: Uint8Array = Uint8Array.from(Buffer.from('0123456789ABCDEF'))
const LOWER_HEX_DIGITS: Uint8Array = Uint8Array.from(Buffer.from('0123456789abcdef'))

/**
 * 0 where a byte stands for itself in a JSON string, 1 where it is escaped, 2 from 0x80 on.
 * DEL, the C1 controls and what `jsonText` escapes besides are escaped too: record contents must not
 * reach a terminal as controls.
 */
export const ESCAPE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return 2
  return byte < 0x20 || byte === QUOTE || byte === 0x5c || byte === 0x7f ? 1 : 0
})

/** Second character of the short escapes of RFC 8259 section 7, or 0. */
const SHORT_ESCAPE: Uint8Array = new Uint8Array(256)
for (const [byte, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [0x5c, '\\'],
] as const)
  SHORT_ESCAPE[byte] = letter.charCodeAt(0)

/**
 * Writes JSON into a result's `out`. Nothing below checks for room: callers `reserve` before each
 * record, not for each byte.
 */
export class Out {
  bytes: Uint8Array = new Uint8Array(0)
  /** The same bytes as words. */
  view: DataView = viewOf(this.bytes)
  at = 0
  #result: Result | null = null

  /** Continues at the end of a result's output. */
  open(result: Result): void {
    this.#result = result
    if (this.bytes !== result.out) {
      this.bytes = result.out
      this.view = viewOf(this.bytes)
    }
    this.at = result.outLength
  }

  /** Makes sure that `room` more bytes fit, and the slack behind them. */
  reserve(room: number): void {
    const needed = this.at + room + SLACK
    if (needed <= this.bytes.length) return
    this.bytes = grown(this.bytes, Math.max(this.bytes.length * 2, needed))
    this.view = viewOf(this.bytes)
    if (this.#result) this.#result.out = this.bytes
  }

  /** Writes one byte. */
  byte(byte: number): void {
    this.bytes[this.at++] = byte
  }

  /** Writes `source[start … end)` as it is. */
  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this
    let { at } = this
    for (let from = start; from < end; from++) bytes[at++] = source[from]
    this.at = at
  }

  /** Writes a constant. */
  constant(source: Constant): void {
    const { view, at } = this
    const { length } = source
    for (let i = 0; i < length; i += 4) view.setInt32(at + i, source.view.getInt32(i, true), true)
    this.at = at + length
  }

  /** Writes once more what lies at `start … end` of the output. */
  again(start: number, end: number): void {
    const { view, at } = this
    for (let i = 0; i < end - start; i += 4)
      view.setInt32(at + i, view.getInt32(start + i, true), true)
    this.at = at + end - start
  }

  /** Writes a whole number, 0 or more. */
  integer(value: number): void {
    const { bytes } = this
    let rest = value
    // Digits of large numbers first, so that the loop below divides 32-bit integers.
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9)
      this.integer(high)
      rest = value - high * 1e9
      for (let room = 1e8; room > rest && room >= 10; room /= 10) bytes[this.at++] = 0x30
    }
    let digits = 1
    for (let limit = 10; limit <= rest; limit *= 10) digits++
    let at = this.at + digits
    this.at = at
    while (digits-- > 0) {
      const next = (rest / 10) | 0
      bytes[--at] = 0x30 + (rest - next * 10)
      rest = next
    }
  }

  /** Writes a number below 1000 with three digits. */
  threeDigits(value: number): void {
    const { bytes, at } = this
    bytes[at] = 0x30 + Math.floor(value / 100)
    bytes[at + 1] = 0x30 + (Math.floor(value / 10) % 10)
    bytes[at + 2] = 0x30 + (value % 10)
    this.at = at + 3
  }

  /**
   * Writes `source[start … end)` as a JSON string with its quotes. Gives false, with nothing
   * written, where the bytes are not UTF-8 (RFC 3629). Needs 6 bytes of room per byte.
   */
  string(source: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this
    let { at } = this
    bytes[at++] = QUOTE
    let from = start
    while (from < end) {
      const byte = source[from]
      const escape = ESCAPE[byte]
      if (escape === 0) {
        bytes[at++] = byte
        from++
      } else if (escape === 1) {
        at = writeEscape(bytes, at, byte)
        from++
      } else {
        const length = sequenceLength(source, from, end)
        if (length === 0) return false
        const hidden = hiddenPoint(source, from)
        if (hidden !== 0) {
          at = writeEscape(bytes, at, hidden)
          from += length
          continue
        }
        for (let i = 0; i < length; i++) bytes[at++] = source[from++]
      }
    }
    bytes[at++] = QUOTE
    this.at = at
    return true
  }

  /** Writes `source[start … end)` as upper-case hex digits in quotes. */
  hex(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this
    let { at } = this
    bytes[at++] = QUOTE
    for (let from = start; from < end; from++) {
      bytes[at++] = HEX_DIGITS[source[from] >> 4]
      bytes[at++] = HEX_DIGITS[source[from] & 15]
    }
    bytes[at++] = QUOTE
    this.at = at
  }
}

function writeEscape(bytes: Uint8Array, at: number, point: number): number {
  bytes[at++] = 0x5c
  const letter = point < 0x80 ? SHORT_ESCAPE[point] : 0
  if (letter !== 0) {
    bytes[at++] = letter
    return at
  }
  bytes[at++] = 0x75
  for (let shift = 12; shift >= 0; shift -= 4) bytes[at++] = LOWER_HEX_DIGITS[(point >> shift) & 15]
  return at
}

/**
 * The code point of a sequence that is escaped, or 0: C1, the separators U+2028 and U+2029, and the
 * bidirectional controls (UAX 9, table 1).
 */
function hiddenPoint(source: Uint8Array, at: number): number {
  const lead = source[at]
  const second = source[at + 1]
  if (lead === 0xc2) return second < 0xa0 ? second : 0
  if (lead === 0xd8) return second === 0x9c ? 0x61c : 0
  if (lead !== 0xe2 || second > 0x81) return 0
  const point = 0x2000 | ((second & 1) << 6) | (source[at + 2] & 0x3f)
  const isMark = point === 0x200e || point === 0x200f
  const isHidden = isMark || (point >= 0x2028 && point <= 0x202e)
  return isHidden || (point >= 0x2066 && point <= 0x2069) ? point : 0
}

/**
 * Length of the UTF-8 sequence at `at`, or 0 where it is none: RFC 3629 section 4, so neither
 * overlong forms nor surrogates nor code points above U+10FFFF.
 */
function sequenceLength(source: Uint8Array, at: number, end: number): number {
  const lead = source[at]
  if (lead < 0xc2 || lead > 0xf4) return 0
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (at + length > end) return 0
  const second = source[at + 1]
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if ((source[at + i] & 0xc0) !== 0x80) return 0
  return length
}
