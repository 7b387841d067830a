import { COLON, EQUALS, SPACE, TAB, ZERO } from '../model/bytes.ts'
import { Reject } from '../model/result.ts'
import { RECORD_TYPES } from '../tables/record-types.ts'
import { hashName, NameTable } from './names.ts'
import { equalBytes, TextTable, viewOf } from './words.ts'

/**
 * The start of a record:
 *
 * ```
 * [prefix ][node=NAME ]type=TYPE [msg=]audit(SEC.MS:SERIAL)[ ]:[ ]body
 *                           ▲ name, number or UNKNOWN[number]
 * ```
 *
 * `prefix` is what syslog or the console puts before it (`kernel: audit: `). A node name may hold
 * spaces. In the audisp binary format version 0 the type stands in the binary header, and the text
 * starts at `audit(`.
 */

/** Type number given to a name that has no number here. */
export const UNNAMED = 0xffff

const TYPE_NAMES = new NameTable(RECORD_TYPES.map(([, name]) => name))
/** What stands before the stamp, by the index of the type's name. */
const HEADS = new TextTable(RECORD_TYPES.map(([, name]) => `${name} msg=audit(`))
const HEAD_LENGTH = ' msg=audit('.length
const TYPE_NUMBERS = Uint16Array.from(RECORD_TYPES, ([number]) => number)

/** Farthest into a line at which `type=` may start: node names and syslog prefixes are short. */
const PREFIX_ROOM = 1024

/** A cursor over one record's header; its fields hold what the last `parse` found. */
export class Header {
  type = 0
  nameStart = 0
  nameEnd = 0
  nodeStart = 0
  nodeEnd = 0
  sec = 0
  ms = 0
  serial = 0
  /** First byte after the header. */
  body = 0
  /** The stamp is that of the record before, byte for byte. */
  again = false
  /** Where the last stamp lies, from after `audit(` to the colon; as long as `begin` was not called. */
  #stampStart = 0
  #stampLength = 0
  #view: DataView = viewOf(new Uint8Array(0))
  /** Index of the last type, and for each the one that came after it when it came last; -1 before. */
  #index = 0
  readonly #next = new Int16Array(RECORD_TYPES.length).fill(-1)

  /** Records lie in `bytes` from now on, SLACK readable bytes behind the last. */
  begin(view: DataView): void {
    this.#view = view
    this.#stampLength = 0
  }

  /** Reads the header of the text record `bytes[start … end)`: -1, or the reason of a reject. */
  parse(bytes: Uint8Array, start: number, end: number): number {
    this.nodeStart = this.nodeEnd = start
    const at = startsWithType(bytes, start, end) ? start : this.#skipPrefix(bytes, start, end)
    if (at < 0) return Reject.Header
    const stamp = this.#type(bytes, at + 5, end)
    return stamp < 0 ? Reject.Header : this.#readStamp(bytes, stamp, end)
  }

  /** Reads a binary version 0 payload, whose type the binary header names. */
  parseUntyped(bytes: Uint8Array, start: number, end: number, type: number): number {
    this.nodeStart = this.nodeEnd = this.nameStart = this.nameEnd = start
    this.type = type
    const at = skipAudit(bytes, start, end)
    return at < 0 ? Reject.Header : this.#readStamp(bytes, at, end)
  }

  #skipPrefix(bytes: Uint8Array, start: number, end: number): number {
    const limit = Math.min(end, start + PREFIX_ROOM)
    let node = -1
    for (let at = start; at < limit; at++) {
      if (at > start && !endsPrefix(bytes[at - 1])) continue
      if (startsWithType(bytes, at, end)) {
        if (node >= 0) {
          this.nodeStart = node + 5
          this.nodeEnd = Math.max(node + 5, at - 1)
        }
        return at
      }
      if (node < 0 && startsWithNode(bytes, at, end)) node = at
    }
    return -1
  }

  /**
   * Reads TYPE at `at`; gives where the stamp starts, or -1. Record types follow each other as they
   * did before, so the one that came next last time is tried first.
   */
  #type(bytes: Uint8Array, at: number, end: number): number {
    const guess = this.#next[this.#index]
    if (guess >= 0) {
      const length = HEADS.lengths[guess]
      if (
        at + length < end &&
        equalBytes(this.#view, at, HEADS.view, HEADS.starts[guess], length)
      ) {
        this.#index = guess
        this.type = TYPE_NUMBERS[guess]
        this.nameStart = at
        this.nameEnd = at + length - HEAD_LENGTH
        return at + length
      }
    }
    this.nameStart = at
    while (at < end && !isBlank(bytes[at])) at++
    this.nameEnd = at
    const length = at - this.nameStart
    if (length === 0 || length > 64) return -1
    if (isDigit(bytes[this.nameStart])) {
      this.type = decimal(bytes, this.nameStart, at)
      if (!(this.type < UNNAMED)) return -1
    } else {
      const index = TYPE_NAMES.find(bytes, this.nameStart, at, hashName(bytes, this.nameStart, at))
      if (index >= 0) {
        this.type = TYPE_NUMBERS[index]
        this.#next[this.#index] = index
        this.#index = index
      } else if (!isTypeName(bytes, this.nameStart, at)) return -1
      else this.type = bracketed(bytes, this.nameStart, at)
    }
    while (at < end && isBlank(bytes[at])) at++
    // msg=
    if (
      at + 4 < end &&
      bytes[at] === 0x6d &&
      bytes[at + 1] === 0x73 &&
      bytes[at + 2] === 0x67 &&
      bytes[at + 3] === EQUALS
    )
      at += 4
    return skipAudit(bytes, at, end)
  }

  /** Takes the stamp at `at`: four records of five have that of the record before. */
  #readStamp(bytes: Uint8Array, at: number, end: number): number {
    const length = this.#stampLength
    this.again = false
    if (length > 0 && at + length <= end) {
      if (equalBytes(this.#view, at, this.#view, this.#stampStart, length)) {
        this.body = afterSpace(bytes, at + length, end)
        this.again = true
        return -1
      }
    }
    const reason = this.#stamp(bytes, at, end)
    this.#stampStart = at
    this.#stampLength = reason < 0 ? this.body - at : 0
    if (reason < 0) this.body = afterSpace(bytes, this.body, end)
    return reason
  }

  /** Reads `SEC.MS:SERIAL)[ ]:` at `at`. */
  #stamp(bytes: Uint8Array, at: number, end: number): number {
    let from = at
    let sec = 0
    while (at < end && isDigit(bytes[at])) sec = sec * 10 + bytes[at++] - ZERO
    // 11 digits are past the year 5000; more could not be held exactly with milliseconds.
    if (at === from || at - from > 11 || bytes[at] !== 0x2e) return Reject.Stamp
    from = ++at
    let ms = 0
    while (at < end && isDigit(bytes[at])) ms = ms * 10 + bytes[at++] - ZERO
    if (at === from || at - from > 3 || bytes[at] !== COLON) return Reject.Stamp
    from = ++at
    let serial = 0
    while (at < end && isDigit(bytes[at])) serial = serial * 10 + bytes[at++] - ZERO
    if (at === from || at - from > 10 || serial > 0xffffffff) return Reject.Stamp
    if (at >= end || bytes[at] !== 0x29) return Reject.Stamp
    at++
    while (at < end && bytes[at] === SPACE) at++
    if (at >= end || bytes[at] !== COLON) return Reject.Stamp
    at++
    this.sec = sec
    this.ms = ms
    this.serial = serial
    this.body = at
    return -1
  }
}

function afterSpace(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at] === SPACE ? at + 1 : at
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** What may stand right before `type=` or `node=`: a blank, a syslog tag, a byte order mark. */
function endsPrefix(byte: number): boolean {
  return isBlank(byte) || byte === COLON || byte === 0xbf
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39
}

function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at])) return -1
    value = value * 10 + bytes[at] - ZERO
  }
  return end > start ? value : -1
}

const UNKNOWN = Uint8Array.from(Buffer.from('UNKNOWN['))

function equalsAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  return text.every((byte, i) => bytes[at + i] === byte)
}

/** The number in UNKNOWN[number], or UNNAMED. */
function bracketed(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10 || bytes[end - 1] !== 0x5d || !equalsAt(bytes, start, UNKNOWN))
    return UNNAMED
  const number = decimal(bytes, start + 8, end - 1)
  return number >= 0 && number < UNNAMED ? number : UNNAMED
}

function isTypeName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    const ok =
      (byte >= 0x41 && byte <= 0x5b) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      isDigit(byte) ||
      byte === 0x5d ||
      byte === 0x5f ||
      byte === 0x2d
    if (!ok) return false
  }
  return true
}

function startsWithType(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    at + 5 < end &&
    bytes[at] === 0x74 &&
    bytes[at + 1] === 0x79 &&
    bytes[at + 2] === 0x70 &&
    bytes[at + 3] === 0x65 &&
    bytes[at + 4] === EQUALS
  )
}

function startsWithNode(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    at + 5 < end &&
    bytes[at] === 0x6e &&
    bytes[at + 1] === 0x6f &&
    bytes[at + 2] === 0x64 &&
    bytes[at + 3] === 0x65 &&
    bytes[at + 4] === EQUALS
  )
}

/** Where the stamp starts when `audit(` stands at `at`, or -1. */
function skipAudit(bytes: Uint8Array, at: number, end: number): number {
  return at + 6 < end &&
    bytes[at] === 0x61 &&
    bytes[at + 1] === 0x75 &&
    bytes[at + 2] === 0x64 &&
    bytes[at + 3] === 0x69 &&
    bytes[at + 4] === 0x74 &&
    bytes[at + 5] === 0x28
    ? at + 6
    : -1
}
