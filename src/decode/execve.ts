import { COMMA, ENRICHED, EQUALS, OPEN_BRACKET, QUOTE, SPACE } from '../model/bytes.ts'
import { decodeHex } from './hex.ts'
import type { Out } from './out.ts'
import { ValueWriter } from './values.ts'
import { constant } from './words.ts'

/**
 * EXECVE, the one record whose fields are a list. The kernel splits a long command line over
 * several records, and one long argument over several fields (audit_log_execve_info in
 * kernel/auditsc.c):
 *
 * ```
 * argc=3 a0="ls" a1=2D6C a2_len=15496 a2[0]=6563…
 *  a2[1]=6F20…
 * ```
 *
 * Together they are `"EXECVE":{"argc":3,"ARGV":["ls","-l","…"]}`. An argument or fragment that is
 * missing in between is null in the list and named in the event's `missing`.
 */

const OBJECT = constant('{')
const ARGC_MEMBER = constant('"argc":')
const ARGV_MEMBER = constant('"ARGV":[')
const NULL = constant('null')
const TEXT_MEMBER = constant('"text":')

/** Arguments that may be missing in a row and still be listed as null; after more, what comes is `text`. */
const MISSING_ROOM = 4096

/** Collects the EXECVE records of one event and writes their object. */
export class ExecveWriter {
  readonly #out: Out
  readonly #values: ValueWriter
  /** Decoded bytes of all arguments, one after the other. */
  #bytes = new Uint8Array(16 * 1024)
  #length = 0
  /** Where each argument starts in `#bytes`, and where it ends; -1 and -1 for one that is missing. */
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #fragment = 0
  /** `argc` as announced, -1 before one came. */
  argc = -1
  /** Indexes of arguments with a fragment missing. */
  readonly torn: number[] = []
  /** Fields that have no place in the list: start and end of each. */
  readonly #others: number[] = []

  constructor(out: Out) {
    this.#out = out
    this.#values = new ValueWriter(out)
  }

  /** Starts an event's EXECVE. */
  begin(): void {
    if (this.#starts.length > 0) this.#starts.length = this.#ends.length = 0
    if (this.torn.length > 0) this.torn.length = 0
    if (this.#others.length > 0) this.#others.length = 0
    this.#length = 0
    this.#fragment = 0
    this.argc = -1
  }

  /** Arguments that are there. */
  get present(): number {
    let present = 0
    for (const start of this.#starts) if (start >= 0) present++
    return present
  }

  /** Takes the fields of one record. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (bytes[at] === SPACE || bytes[at] === ENRICHED) {
        at++
        continue
      }
      const name = at
      while (at < end && bytes[at] !== EQUALS && bytes[at] !== SPACE) at++
      const nameEnd = at
      if (at === end || bytes[at] === SPACE) continue
      let from = at + 1
      let until = from
      const quoted = from < end && bytes[from] === QUOTE
      if (quoted) {
        until = ++from
        while (until < end && bytes[until] !== QUOTE) until++
        at = until + 1
      } else {
        while (until < end && bytes[until] !== SPACE && bytes[until] !== ENRICHED) until++
        at = until
      }
      if (!this.#field(bytes, name, nameEnd, from, until, quoted))
        this.#others.push(name, Math.min(at, end))
    }
  }

  /** Writes `{"argc":…,"ARGV":[…]}`; `bytes` hold the records. Reserves its own room. */
  write(bytes: Uint8Array): void {
    const out = this.#out
    out.reserve(this.#length * 6 + this.#starts.length * 64 + 1024)
    out.constant(OBJECT)
    if (this.argc >= 0) {
      out.constant(ARGC_MEMBER)
      out.integer(this.argc)
      out.byte(COMMA)
    }
    out.constant(ARGV_MEMBER)
    const odd: number[] = []
    for (let i = 0; i < this.#starts.length; i++) {
      if (i > 0) out.byte(COMMA)
      const start = this.#starts[i]
      if (start < 0) out.constant(NULL)
      else if (!out.string(this.#bytes, start, this.#ends[i])) {
        out.constant(NULL)
        odd.push(i, start, this.#ends[i])
      }
    }
    out.byte(0x5d)
    if (odd.length > 0) this.#values.oddArguments(this.#bytes, odd)
    this.#writeOthers(bytes)
    out.byte(0x7d)
  }

  #writeOthers(bytes: Uint8Array): void {
    const out = this.#out
    if (this.#others.length === 0) return
    let length = 0
    for (let i = 0; i < this.#others.length; i += 2)
      length += this.#others[i + 1] - this.#others[i] + 1
    out.reserve(length * 6 + 1024)
    out.byte(COMMA)
    const name = out.at
    out.constant(TEXT_MEMBER)
    this.#values.words(bytes, this.#others, name)
  }

  #field(
    bytes: Uint8Array,
    name: number,
    nameEnd: number,
    start: number,
    end: number,
    quoted: boolean,
  ): boolean {
    if (bytes[name] !== 0x61) return false
    let at = name + 1
    let index = 0
    while (at < nameEnd && bytes[at] >= 0x30 && bytes[at] <= 0x39 && at - name < 9)
      index = index * 10 + bytes[at++] - 0x30
    if (at === name + 1) {
      // argc
      if (nameEnd - name !== 4 || bytes[name + 1] !== 0x72 || bytes[name + 3] !== 0x63) return false
      this.argc = decimal(bytes, start, end)
      return this.argc >= 0
    }
    if (at === nameEnd) {
      if (index >= this.#starts.length) return this.#argument(bytes, index, start, end, quoted)
      if (this.#starts[index] >= 0) return false
      this.#fill(bytes, index, start, end, quoted)
      return true
    }
    // aN_len says how long the fragments together are; they are all here.
    if (bytes[at] !== OPEN_BRACKET) return bytes[at] === 0x5f
    let fragment = 0
    for (at++; at < nameEnd && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++)
      fragment = fragment * 10 + bytes[at] - 0x30
    return this.#addFragment(bytes, index, fragment, start, end, quoted)
  }

  #argument(
    bytes: Uint8Array,
    index: number,
    start: number,
    end: number,
    quoted: boolean,
  ): boolean {
    if (index - this.#starts.length > MISSING_ROOM) return false
    while (this.#starts.length < index) {
      this.#starts.push(-1)
      this.#ends.push(-1)
    }
    this.#starts.push(-1)
    this.#ends.push(-1)
    this.#fill(bytes, index, start, end, quoted)
    return true
  }

  #fill(bytes: Uint8Array, index: number, start: number, end: number, quoted: boolean): void {
    this.#starts[index] = this.#length
    this.#append(bytes, start, end, quoted)
    this.#ends[index] = this.#length
    this.#fragment = 0
  }

  #addFragment(
    bytes: Uint8Array,
    index: number,
    fragment: number,
    start: number,
    end: number,
    quoted: boolean,
  ): boolean {
    if (index >= this.#starts.length) {
      if (!this.#argument(bytes, index, start, end, quoted)) return false
      if (fragment > 0) this.torn.push(index)
    } else if (index === this.#starts.length - 1 && fragment > this.#fragment) {
      if (fragment > this.#fragment + 1) this.torn.push(index)
      this.#append(bytes, start, end, quoted)
      this.#ends[index] = this.#length
    } else return false
    this.#fragment = fragment
    return true
  }

  #append(bytes: Uint8Array, start: number, end: number, quoted: boolean): void {
    const room = this.#length + (end - start)
    if (room > this.#bytes.length) {
      const wider = new Uint8Array(room * 2)
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    const length = quoted ? -1 : decodeHex(bytes, start, end, this.#bytes, this.#length)
    if (length >= 0) {
      this.#length = length
      return
    }
    for (let at = start; at < end; at++) this.#bytes[this.#length++] = bytes[at]
  }
}

function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  if (end === start || end - start > 9) return -1
  for (let at = start; at < end; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return -1
    value = value * 10 + bytes[at] - 0x30
  }
  return value
}
