import {
  APOSTROPHE,
  CLOSE_BRACE,
  CLOSE_PARENTHESIS,
  COMMA,
  ENRICHED,
  OPEN_BRACE,
  OPEN_PARENTHESIS,
  QUOTE,
  SPACE,
} from '../model/bytes.ts'
import { BRACED, FIELD_NAMES, NESTED, type RecordShape, Role, shapeFor } from './kinds.ts'
import { isOwnName, writeName } from './member-name.ts'
import type { Out } from './out.ts'
import { ProseWriter } from './prose.ts'
import { Scope } from './scope.ts'
import { ValueWriter } from './values.ts'
import { constant } from './words.ts'

const ARGV_MEMBER = constant('"ARGV":[')
const TEXT_MEMBER = constant('"text":')

/** Writes the plain fields `[start … end)` of the record at hand. */
type WriteFields = (start: number, end: number, shape: RecordShape, scope: Scope) => void

/**
 * Writes the members of a record that are more than a name and a plain value: repeated and unknown
 * names, values to be decoded, objects, lists, words outside any field.
 */
export class MemberWriter {
  readonly #out: Out
  readonly #values: ValueWriter
  readonly #prose: ProseWriter
  readonly #prefix: Uint8Array
  readonly #writeFields: WriteFields
  readonly #scope = new Scope(FIELD_NAMES.length)
  readonly #nestedScope = new Scope(FIELD_NAMES.length)
  readonly #arguments = new Int32Array(8)
  #argumentCount = 0
  #bytes: Uint8Array = new Uint8Array(0)

  /** Inside an object in the record. */
  nested = false
  /** In auditd's ENRICHED part. */
  interpreted = false
  /** Where the `key` of the last record that has the role lies, its quotes not included; -1 without. */
  keyStart = -1
  keyEnd = -1
  keyQuoted = false
  /** `items` of the last record that has the role, -1 without. */
  items = -1

  constructor(out: Out, interpretedPrefix: string, writeFields: WriteFields) {
    this.#out = out
    this.#values = new ValueWriter(out)
    this.#prose = new ProseWriter(out, this.#values)
    this.#prefix = Uint8Array.from(Buffer.from(interpretedPrefix, 'latin1'))
    this.#writeFields = writeFields
  }

  /** Records lie in `bytes` from now on. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes
  }

  /** Starts a record's object; gives the scope of its members. */
  openRecord(): Scope {
    this.keyStart = this.items = -1
    this.nested = false
    this.#argumentCount = 0
    this.#scope.begin()
    this.#out.byte(OPEN_BRACE)
    return this.#scope
  }

  /** Ends a record's object. */
  closeRecord(): void {
    if (this.#argumentCount > 0) this.#writeArguments()
    this.#out.byte(CLOSE_BRACE)
  }

  /** Notes where the rule's key lies. */
  quotedKey(start: number, end: number): void {
    this.keyStart = start
    this.keyEnd = end
    this.keyQuoted = true
  }

  /** Writes a title of plain ASCII; false, with nothing written, for another. */
  plainTitle(start: number, end: number): boolean {
    return this.#values.plainTitle(this.#bytes, start, end)
  }

  /** Keeps the next argument of a system call for ARGV. */
  argument(start: number, end: number): void {
    this.#arguments[this.#argumentCount++] = start
    this.#arguments[this.#argumentCount++] = end
  }

  /** Writes the field whose name is `bytes[start … nameEnd)`; gives where its value ends. */
  field(
    start: number,
    nameEnd: number,
    end: number,
    index: number,
    roles: Uint8Array,
    scope: Scope,
  ): number {
    const bytes = this.#bytes
    if (index < 0 && isOwnName(bytes, start, nameEnd)) return this.word(start, end, scope)
    const times = index >= 0 ? scope.known(index) : scope.unknown(bytes, start, nameEnd)
    let role = index >= 0 ? roles[index] : Role.Text
    // There is one list ARGV in a record.
    if (role === Role.Title && times > 1) role = Role.Encoded
    let valueStart = nameEnd + 1
    let valueEnd = valueStart
    let next: number
    const first = valueStart < end ? bytes[valueStart] : SPACE
    const quoted = first === QUOTE
    if (role === Role.Nested || role === Role.Braced)
      return this.#object(start, nameEnd, end, role, times, scope)
    if (role === Role.Rest || role === Role.Message) {
      valueEnd = role === Role.Rest ? end : endOfMessage(bytes, valueStart, end)
      next = valueEnd
    } else if (quoted) {
      valueEnd = ++valueStart
      while (valueEnd < end && bytes[valueEnd] !== QUOTE) valueEnd++
      next = valueEnd + 1
    } else {
      while (valueEnd < end && bytes[valueEnd] !== SPACE && bytes[valueEnd] !== ENRICHED) valueEnd++
      next = valueEnd
      if (this.nested) valueEnd = trimNested(bytes, valueStart, valueEnd)
    }
    if (role === Role.Key) {
      this.keyStart = valueStart
      this.keyEnd = valueEnd
      this.keyQuoted = quoted
    } else if (role === Role.Items) this.items = smallNumber(bytes, valueStart, valueEnd)
    const name = this.#name(start, nameEnd, times, scope)
    this.#values.write(bytes, valueStart, valueEnd, quoted, role, name)
    return next
  }

  #name(start: number, end: number, times: number, scope: Scope): number {
    const prefix = this.interpreted ? this.#prefix : undefined
    return writeName(this.#out, scope, this.#bytes, start, end, times, prefix)
  }

  /** Writes a field whose value is an object: `msg='…'` or `SADDR={ … }`. */
  #object(
    start: number,
    nameEnd: number,
    end: number,
    role: number,
    times: number,
    scope: Scope,
  ): number {
    const out = this.#out
    const bytes = this.#bytes
    this.#name(start, nameEnd, times, scope)
    let from = nameEnd + 1
    let until = from
    let next: number
    if (role === Role.Nested && bytes[from] === APOSTROPHE) {
      until = ++from
      while (until < end && bytes[until] !== ENRICHED) until++
      next = until
      while (next > from && bytes[next - 1] !== APOSTROPHE) next--
      if (next > from) until = next - 1
      else next = until
    } else if (role === Role.Nested && bytes[from] === QUOTE) {
      until = ++from
      while (until < end && bytes[until] !== QUOTE) until++
      next = until + 1
    } else if (role === Role.Braced) {
      while (until < end && bytes[until] !== ENRICHED) until++
      next = until
      while (until > from && bytes[until - 1] === SPACE) until--
      if (bytes[from] === OPEN_BRACE && until > from + 1 && bytes[until - 1] === CLOSE_BRACE) {
        from++
        until--
        while (until > from && bytes[until - 1] === SPACE) until--
      }
    } else {
      while (until < end && bytes[until] !== SPACE && bytes[until] !== ENRICHED) until++
      next = until
    }
    out.byte(OPEN_BRACE)
    if (this.nested) {
      out.constant(TEXT_MEMBER)
      this.#values.write(bytes, from, until, true, Role.Text, -1)
    } else {
      const interpreted = this.interpreted
      this.nested = true
      this.#nestedScope.begin()
      const shape = shapeFor(role === Role.Braced ? BRACED : NESTED)
      this.#writeFields(from, until, shape, this.#nestedScope)
      this.nested = false
      this.interpreted = interpreted
    }
    out.byte(CLOSE_BRACE)
    return next
  }

  /** Keeps the word at `start`, which is no field; gives where it ends. */
  word(start: number, end: number, scope: Scope): number {
    return this.#prose.word(this.#bytes, start, end, scope)
  }

  /** Writes the words of a scope. */
  writeWords(scope: Scope): void {
    this.#prose.writeWords(this.#bytes, scope)
  }

  #writeArguments(): void {
    const out = this.#out
    const kept = this.#arguments
    const odd: number[] = []
    if (this.#scope.any) out.byte(COMMA)
    out.constant(ARGV_MEMBER)
    for (let i = 0; i < this.#argumentCount; i += 2) {
      if (i > 0) out.byte(COMMA)
      if (!this.#values.argument(this.#bytes, kept[i], kept[i + 1]))
        odd.push(i >> 1, kept[i], kept[i + 1])
    }
    out.byte(0x5d)
    if (odd.length > 0) this.#values.oddArguments(this.#bytes, odd)
  }
}

const EXE = Uint8Array.from(Buffer.from(' exe='))

/** A message of a person's own (`auditctl -m`) runs up to the field that auditctl adds. */
function endOfMessage(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + EXE.length <= end; at++)
    if (EXE.every((byte, i) => bytes[at + i] === byte)) return at
  return end
}

/** Old PAM wrote `(hostname=?, addr=?, terminal=cron res=success)`: the punctuation is no value. */
function trimNested(bytes: Uint8Array, start: number, end: number): number {
  const last = bytes[end - 1]
  if (end - start < 2) return end
  if (last === COMMA) return end - 1
  if (last !== CLOSE_PARENTHESIS) return end
  for (let at = start; at < end; at++) if (bytes[at] === OPEN_PARENTHESIS) return end
  return end - 1
}

/** A number of at most 7 digits, or -1. */
export function smallNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  if (end === start || end - start > 7) return -1
  for (let at = start; at < end; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return -1
    value = value * 10 + bytes[at] - 0x30
  }
  return value
}
