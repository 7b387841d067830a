import { FIELD_NAMES, type RecordShape, Role, shapeFor } from './kinds.ts'
import { ESCAPE, type Out } from './out.ts'
import { Scope } from './scope.ts'
import { ValueWriter } from './values.ts'
import { constant } from './words.ts'

const SPACE = 0x20
const QUOTE = 0x22
const APOSTROPHE = 0x27
const OPEN_PARENTHESIS = 0x28
const CLOSE_PARENTHESIS = 0x29
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const ENRICHED = 0x1d

const TEXT = FIELD_NAMES.indexOf('text')
const TEXT_NAME = Uint8Array.from(Buffer.from('text'))
const ARGV_MEMBER = constant('"ARGV":[')
const TEXT_MEMBER = constant('"text":')
/** Shape of what lies inside `msg='…'` and `SADDR={…}`. */
const NESTED = -1

/** Writes the plain fields `[start … end)` of the record at hand. */
type WriteFields = (start: number, end: number, shape: RecordShape, scope: Scope) => void

/**
 * Writes the members of a record that are more than a name and a plain value: repeated and unknown
 * names, values to be decoded, objects, lists, words outside any field.
 */
export class MemberWriter {
  readonly #out: Out
  readonly #values: ValueWriter
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
    const role = index >= 0 ? roles[index] : Role.Text
    const times = index >= 0 ? scope.known(index) : scope.unknown(bytes, start, nameEnd)
    let valueStart = nameEnd + 1
    let valueEnd = valueStart
    let next: number
    const first = valueStart < end ? bytes[valueStart] : SPACE
    const quoted = first === QUOTE
    if (quoted) {
      valueEnd = ++valueStart
      while (valueEnd < end && bytes[valueEnd] !== QUOTE) valueEnd++
      next = valueEnd + 1
    } else if (role === Role.Nested || role === Role.Braced) {
      return this.#object(start, nameEnd, end, role, times, scope)
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
    const name = this.#name(bytes, start, nameEnd, times, scope)
    this.#values.write(bytes, valueStart, valueEnd, quoted, role, name)
    return next
  }

  /** Writes `,"name":` and gives where the name starts in the output. */
  #name(bytes: Uint8Array, start: number, end: number, times: number, scope: Scope): number {
    const out = this.#out
    if (scope.any) out.byte(COMMA)
    scope.any = true
    const name = out.at
    out.byte(QUOTE)
    if (this.interpreted) out.copy(this.#prefix, 0, this.#prefix.length)
    out.copy(bytes, start, end)
    if (times > 1) {
      out.byte(0x23)
      out.integer(times)
    }
    out.byte(QUOTE)
    out.byte(COLON)
    return name
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
    this.#name(bytes, start, nameEnd, times, scope)
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
    } else if (role === Role.Braced) {
      while (until < end && bytes[until] !== ENRICHED) until++
      next = until
      while (until > from && bytes[until - 1] === SPACE) until--
      if (bytes[from] === OPEN_BRACE && until > from + 1 && bytes[until - 1] === CLOSE_BRACE) {
        from++
        until--
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
      this.#writeFields(from, until, shapeFor(NESTED), this.#nestedScope)
      this.nested = false
      this.interpreted = interpreted
    }
    out.byte(CLOSE_BRACE)
    return next
  }

  /** Keeps a word without `=`, or writes the list in braces that starts here. */
  word(start: number, end: number, scope: Scope): number {
    const bytes = this.#bytes
    let at = start
    while (at < end && bytes[at] !== SPACE && bytes[at] !== ENRICHED) at++
    const words = scope.words
    if (at - start === 1 && bytes[start] === OPEN_BRACE && words.length > 0) {
      const close = closingBrace(bytes, at, end)
      if (close > 0) {
        this.#writeList(at, close, scope)
        return close + 1
      }
    }
    if (!(scope.prose && isProse(bytes, start, at))) words.push(start, at)
    return at
  }

  /** Writes `"denied":["read","write"]` from the last word and the words in braces after it. */
  #writeList(start: number, end: number, scope: Scope): void {
    const out = this.#out
    const bytes = this.#bytes
    const nameEnd = scope.words.pop() as number
    const nameStart = scope.words.pop() as number
    for (let at = nameStart; at < nameEnd; at++) {
      if (ESCAPE[bytes[at]] === 0) continue
      scope.words.push(nameStart, nameEnd, start - 1, end + 1)
      return
    }
    scope.prose = true
    if (scope.words.length === 2 && isProse(bytes, scope.words[0], scope.words[1]))
      scope.words.length = 0
    const times = scope.unknown(bytes, nameStart, nameEnd)
    this.#name(bytes, nameStart, nameEnd, times, scope)
    out.byte(0x5b)
    let any = false
    for (let at = start; at < end; ) {
      if (bytes[at] === SPACE) {
        at++
        continue
      }
      let until = at
      while (until < end && bytes[until] !== SPACE) until++
      if (any) out.byte(COMMA)
      any = true
      this.#values.element(bytes, at, until)
      at = until
    }
    out.byte(0x5d)
  }

  /** Writes the words of a scope as its member `text`. */
  writeWords(scope: Scope): void {
    const name = this.#name(TEXT_NAME, 0, TEXT_NAME.length, scope.known(TEXT), scope)
    this.#values.words(this.#bytes, scope.words, name)
  }

  #writeArguments(): void {
    const out = this.#out
    const kept = this.#arguments
    if (this.#scope.any) out.byte(COMMA)
    out.constant(ARGV_MEMBER)
    for (let i = 0; i < this.#argumentCount; i += 2) {
      if (i > 0) out.byte(COMMA)
      this.#values.write(this.#bytes, kept[i], kept[i + 1], false, Role.Hex, -1)
    }
    out.byte(0x5d)
  }
}

/** Where the first ` }` after `at` has its brace, or -1. */
function closingBrace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== CLOSE_BRACE) at++
  return at < end ? at : -1
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

/** `avc:` and `for`, the prose around a list of permissions: they say nothing more. */
function isProse(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    (end - start === 4 && bytes[start] === 0x61 && bytes[start + 3] === COLON) ||
    (end - start === 3 && bytes[start] === 0x66 && bytes[start + 2] === 0x72)
  )
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
