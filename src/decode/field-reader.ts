import { ENRICHED, NINE, OPEN_PARENTHESIS, QUOTE, SPACE, ZERO } from '../model/bytes.ts'
import { NO_USER } from '../model/origins.ts'
import { NIBBLE } from './hex.ts'
import { hasQuote, viewOf } from './words.ts'

/** Bytes of a program's or a path's name that count, its quote included: PATH_MAX is 4,096. */
const MOST_BYTES = 512

const QUESTION = 0x3f

/** Reads single fields of records by where they stand, without looking at the others. */
export class FieldReader {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = viewOf(this.bytes)
  /** Where the number read last ends. */
  at = 0
  /** Where the text read last lies. */
  start = 0
  end = 0

  /** Records lie in `bytes` from now on, SLACK readable bytes behind the last. */
  begin(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes
    this.view = view
  }

  /** Where the first field from `at` on stands that begins with a word of four bytes, or `end` or more. */
  find(name: number, at: number, end: number): number {
    let from = at
    while (from < end && this.view.getInt32(from, true) !== name) from = this.next(from, end)
    return from
  }

  /** Where the field after the one at `at` begins; `end` or more where its ENRICHED part follows, or nothing. */
  next(at: number, end: number): number {
    const { bytes } = this
    let from = at
    while (from < end && bytes[from] > SPACE) from++
    return bytes[from] === ENRICHED ? end : from + 1
  }

  /** Reads a text, which includes the quote it begins with; false where there is none. */
  text(start: number, end: number): boolean {
    const { bytes } = this
    const limit = Math.min(end, start + MOST_BYTES)
    let at = start
    if (bytes[at] === QUOTE) {
      at++
      while (at + 4 <= limit && !hasQuote(this.view.getInt32(at, true))) at += 4
      while (at < limit && bytes[at] !== QUOTE) at++
    } else {
      if (bytes[at] === OPEN_PARENTHESIS || bytes[at] === QUESTION) return false
      while (at < limit && bytes[at] !== SPACE && bytes[at] !== ENRICHED) at++
    }
    this.start = start
    this.end = at
    return at > start + 1
  }

  /** Reads a number of 32 bits; `otherwise` where there is none. */
  decimal(start: number, end: number, otherwise: number): number {
    const { bytes } = this
    let value = 0
    let at = start
    for (; at < end && bytes[at] >= ZERO && bytes[at] <= NINE; at++)
      value = value * 10 + bytes[at] - ZERO
    this.at = at
    return at === start ? otherwise : Math.min(value, NO_USER)
  }

  /** Reads a hex number of 32 bits. */
  hex(start: number, end: number): number {
    const { bytes } = this
    let value = 0
    for (let at = start; at < end && at < start + 8 && NIBBLE[bytes[at]] < 16; at++)
      value = value * 16 + NIBBLE[bytes[at]]
    return value
  }
}

/** The first four bytes of a field's name, as `FieldReader.find` takes them. */
export function word(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE()
}
