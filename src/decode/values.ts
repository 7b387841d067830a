import { COLON, COMMA, MINUS, QUOTE, ZERO } from '../model/bytes.ts'
import { decodeHex, isHex, isOctal, NIBBLE } from './hex.ts'
import { Role } from './kinds.ts'
import { ESCAPE, type Out } from './out.ts'
import { type Constant, constant } from './words.ts'

/** Digits of the largest 64-bit number; readers of JSON would make more of them infinite. */
export const MOST_DIGITS = 20

const NULL = constant('null')
const HEX_SUFFIX = constant('_hex"')
const RAW_SUFFIX = constant('_raw"')
const HEX_PREFIX = constant('"0x')
const OCT_PREFIX = constant('"0o')
const ARGV_MEMBER = constant('"ARGV":[')
const ARGV_HEX_MEMBER = constant(',"ARGV_hex":[')
const INDEX_MEMBER = constant('{"index":')
const HEX_MEMBER = constant(',"hex":')

/** Writes the values of fields as JSON, each of the type its role has. */
export class ValueWriter {
  readonly #out: Out
  #scratch = new Uint8Array(4096)

  constructor(out: Out) {
    this.#out = out
  }

  /**
   * Writes one value. Where it does not fit a number, or is not UTF-8, null is written and the bytes
   * follow under the name (which starts at `name` in the output; -1 for none) with `_raw` or `_hex`.
   */
  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    quoted: boolean,
    role: number,
    name: number,
  ): void {
    switch (role) {
      case Role.Num:
      case Role.Items:
        this.#number(bytes, start, end, name)
        return
      case Role.Hex:
        if (isHex(bytes, start, end)) this.#prefixed(HEX_PREFIX, bytes, start, end)
        else this.#text(bytes, start, end, quoted, name)
        return
      case Role.Oct:
        if (isOctal(bytes, start, end)) this.#octal(bytes, start, end)
        else this.#text(bytes, start, end, quoted, name)
        return
      case Role.Encoded:
      case Role.Key:
        this.#encoded(bytes, start, end, quoted, name)
        return
      case Role.Title:
        this.#title(bytes, start, end, quoted, name)
        return
      default:
        this.#text(bytes, start, end, quoted, name)
    }
  }

  /** Writes a list element; where it is not UTF-8 that is null, and the answer false. */
  element(bytes: Uint8Array, start: number, end: number): boolean {
    const isText = this.#out.string(bytes, start, end)
    if (!isText) this.#out.constant(NULL)
    return isText
  }

  /** Writes an argument of a system call as a list element, with the answer of `element`. */
  argument(bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    const before = out.at
    const to = out.bytes
    let at = before
    to[at++] = QUOTE
    to[at++] = ZERO
    to[at++] = 0x78
    for (let from = start; from < end; from++) {
      const digit = bytes[from]
      if (NIBBLE[digit] > 15) return this.element(bytes, start, end)
      to[at++] = digit
    }
    if (start === end) return this.element(bytes, start, end)
    to[at++] = QUOTE
    out.at = at
    return true
  }

  /** Writes the words, given as starts and ends, joined by spaces; `name` as in `write`. */
  words(bytes: Uint8Array, words: readonly number[], name: number): void {
    let length = 0
    for (let i = 0; i < words.length; i += 2) length += words[i + 1] - words[i] + 1
    const scratch = this.#room(length)
    let at = 0
    for (let i = 0; i < words.length; i += 2) {
      if (i > 0) scratch[at++] = 0x20
      for (let from = words[i]; from < words[i + 1]; from++) scratch[at++] = bytes[from]
    }
    this.#text(scratch, 0, at, true, name)
  }

  #room(length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length * 2)
    return this.#scratch
  }

  #number(bytes: Uint8Array, start: number, end: number, name: number): void {
    const out = this.#out
    let at = start
    const negative = at < end && bytes[at] === MINUS
    if (negative) at++
    let from = at
    while (at < end && bytes[at] >= ZERO && bytes[at] <= 0x39) at++
    if (at === end && at > from && at - from <= MOST_DIGITS) {
      // JSON allows no leading zero.
      while (from < end - 1 && bytes[from] === ZERO) from++
      if (negative) out.byte(MINUS)
      out.copy(bytes, from, end)
      return
    }
    out.constant(NULL)
    if (end > start && !isNull(bytes, start, end) && !isUnknown(bytes, start, end))
      this.#beside(name, RAW_SUFFIX, bytes, start, end)
  }

  #text(bytes: Uint8Array, start: number, end: number, quoted: boolean, name: number): void {
    const out = this.#out
    if (!quoted && isNull(bytes, start, end)) out.constant(NULL)
    else if (!out.string(bytes, start, end)) {
      out.constant(NULL)
      this.#beside(name, HEX_SUFFIX, bytes, start, end)
    }
  }

  #encoded(bytes: Uint8Array, start: number, end: number, quoted: boolean, name: number): void {
    if (!quoted) {
      const scratch = this.#room((end - start) >> 1)
      const length = decodeHex(bytes, start, end, scratch, 0)
      if (length > 0) {
        this.#text(scratch, 0, length, true, name)
        return
      }
    }
    this.#text(bytes, start, end, quoted, name)
  }

  #title(bytes: Uint8Array, start: number, end: number, quoted: boolean, name: number): void {
    const out = this.#out
    // The list stands under ARGV: what was written as the name goes.
    if (name >= 0) out.at = name
    out.constant(ARGV_MEMBER)
    let title = bytes
    let from = start
    let until = end
    if (!quoted) {
      const scratch = this.#room((end - start) >> 1)
      const length = decodeHex(bytes, start, end, scratch, 0)
      if (length > 0) {
        title = scratch
        from = 0
        until = length
      } else if (isNull(bytes, start, end)) until = start
    }
    if (until > from && title[until - 1] === 0) until--
    const odd: number[] = []
    for (let at = until > from ? from : until + 1, index = 0; at <= until; index++) {
      let stop = at
      while (stop < until && title[stop] !== 0) stop++
      if (index > 0) out.byte(COMMA)
      if (!out.string(title, at, stop)) {
        out.constant(NULL)
        odd.push(index, at, stop)
      }
      at = stop + 1
    }
    out.byte(0x5d)
    if (odd.length > 0) this.oddArguments(title, odd)
  }

  /**
   * Writes the member ARGV of a hex title of plain ASCII while decoding it, which nearly all are;
   * the general way above goes over the bytes three times. Gives false, with nothing written, for
   * another.
   */
  plainTitle(bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    const before = out.at
    if (((end - start) & 1) !== 0 || end === start) return false
    out.constant(ARGV_MEMBER)
    const to = out.bytes
    let { at } = out
    out.at = before
    to[at++] = QUOTE
    for (let from = start; from < end; from += 2) {
      const byte = (NIBBLE[bytes[from]] << 4) | NIBBLE[bytes[from + 1]]
      if (byte === 0) {
        // A NUL at the very end ends the title, not an argument.
        if (from + 2 === end) break
        to[at++] = QUOTE
        to[at++] = COMMA
        to[at++] = QUOTE
      } else if (byte > 0x7f || ESCAPE[byte] !== 0) return false
      else to[at++] = byte
    }
    to[at++] = QUOTE
    to[at++] = 0x5d
    this.#out.at = at
    return true
  }

  /** Writes `ARGV_hex` for arguments that are not UTF-8: index, start, end each. */
  oddArguments(bytes: Uint8Array, odd: readonly number[]): void {
    this.odd(ARGV_HEX_MEMBER, bytes, odd)
  }

  /** Writes `member` and `{"index":…,"hex":"…"}` for each index, start and end in `odd`. */
  odd(member: Constant, bytes: Uint8Array, odd: readonly number[]): void {
    const out = this.#out
    out.constant(member)
    for (let i = 0; i < odd.length; i += 3) {
      if (i > 0) out.byte(COMMA)
      out.constant(INDEX_MEMBER)
      out.integer(odd[i])
      out.constant(HEX_MEMBER)
      out.hex(bytes, odd[i + 1], odd[i + 2])
      out.byte(0x7d)
    }
    out.byte(0x5d)
  }

  #prefixed(prefix: Constant, bytes: Uint8Array, start: number, end: number): void {
    const out = this.#out
    out.constant(prefix)
    // Some writers put the 0x themselves.
    const from = end - start > 2 && (bytes[start + 1] | 0x20) === 0x78 ? start + 2 : start
    out.copy(bytes, from, end)
    out.byte(QUOTE)
  }

  #octal(bytes: Uint8Array, start: number, end: number): void {
    let from = start
    while (from < end - 1 && bytes[from] === ZERO) from++
    this.#prefixed(OCT_PREFIX, bytes, from, end)
  }

  /** Writes `,"name_suffix":"…"` after a value that could not be written under its name. */
  #beside(name: number, suffix: Constant, bytes: Uint8Array, start: number, end: number): void {
    const out = this.#out
    if (name < 0) return
    out.byte(COMMA)
    let at = name
    // A name in the output has no quote inside: such names are words.
    do out.byte(out.bytes[at++])
    while (out.bytes[at] !== QUOTE)
    out.constant(suffix)
    out.byte(COLON)
    if (suffix === HEX_SUFFIX || !out.string(bytes, start, end)) out.hex(bytes, start, end)
  }
}

/** `(null)`, what the kernel prints for an absent string. */
function isNull(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 6 &&
    bytes[start] === 0x28 &&
    bytes[start + 1] === 0x6e &&
    bytes[start + 2] === 0x75 &&
    bytes[start + 3] === 0x6c &&
    bytes[start + 4] === 0x6c &&
    bytes[start + 5] === 0x29
  )
}

/** `?`, what user space prints for an unknown value. */
function isUnknown(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 1 && bytes[start] === 0x3f
}
