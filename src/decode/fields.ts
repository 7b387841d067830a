import { FIELD_NAMES, FIELD_TABLE, Role, rolesFor } from './kinds.ts'
import { ascii, ESCAPE, type Out } from './out.ts'
import { Scope } from './scope.ts'
import { ValueWriter } from './values.ts'

const SPACE = 0x20
const QUOTE = 0x22
const APOSTROPHE = 0x27
const COMMA = 0x2c
const COLON = 0x3a
const EQUALS = 0x3d
const OPEN_PARENTHESIS = 0x28
const CLOSE_PARENTHESIS = 0x29
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
/** Between a record and its interpretation in auditd's ENRICHED format (AUDIT_INTERP_SEPARATOR). */
const ENRICHED = 0x1d

const TEXT_MEMBER = ascii('"text":')
const ARGV_MEMBER = ascii('"ARGV":[')

const ZERO = 0x30
const NINE = 0x39

/** 1 for bytes that a field's name consists of: what needs no escape, but no space, quote or `=`. */
const NAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  ESCAPE[byte] === 0 && byte !== SPACE && byte !== EQUALS && byte !== OPEN_PARENTHESIS ? 1 : 0,
)

/**
 * Writes the fields of one record as JSON members: `name=value name="value" … <1d>NAME=value …`.
 *
 * One pass over the bytes; a field's name is hashed while its end is looked for. Words that belong
 * to no field come last, as `text`; a list in braces (`denied { read write }`) is a list under the
 * word before it.
 */
export class FieldWriter {
  readonly #out: Out
  readonly #values: ValueWriter
  readonly #prefix: Uint8Array
  readonly #scope = new Scope(FIELD_NAMES.length)
  readonly #nestedScope = new Scope(FIELD_NAMES.length)
  readonly #arguments: number[] = []
  #nested = false
  #interpreted = false

  /** Where the `key` of the last record that has the role lies, its quotes not included; -1 without. */
  keyStart = -1
  keyEnd = -1
  keyQuoted = false
  /** `items` of the last record that has the role, -1 without. */
  items = -1

  /** `interpretedPrefix` goes before every name of the ENRICHED part. */
  constructor(out: Out, interpretedPrefix: string) {
    this.#out = out
    this.#values = new ValueWriter(out)
    this.#prefix = ascii(interpretedPrefix)
  }

  /** Writes `{…}` for the record of this type whose fields are `bytes[start … end)`. */
  writeRecord(bytes: Uint8Array, start: number, end: number, type: number): void {
    const out = this.#out
    this.keyStart = this.items = -1
    this.#nested = false
    if (this.#arguments.length > 0) this.#arguments.length = 0
    this.#scope.begin()
    out.byte(OPEN_BRACE)
    this.#writeFields(bytes, start, end, rolesFor(type), this.#scope)
    if (this.#arguments.length > 0) this.#writeArguments(bytes)
    out.byte(CLOSE_BRACE)
  }

  /**
   * The loop that decoding spends most of its time in, and so the one place where values are written
   * without a call: names met for the first time with plain values, nine in ten fields. Everything
   * else goes to `#field`. One pass with locals only ran 4 times as fast as calls per field.
   */
  #writeFields(
    bytes: Uint8Array,
    start: number,
    end: number,
    roles: Uint8Array,
    scope: Scope,
  ): void {
    const out = this.#out
    const { stamps, stamp } = scope
    const to = out.bytes
    this.#interpreted = false
    const plainNames = this.#prefix.length === 0
    let o = out.at
    let at = start
    while (at < end) {
      const before = bytes[at]
      if (before === SPACE) {
        at++
        continue
      }
      if (before === ENRICHED) {
        this.#interpreted = true
        at++
        continue
      }
      const nameStart = at
      const member = o
      if (scope.any) to[o++] = COMMA
      to[o++] = QUOTE
      let hash = 0
      let byte = before
      while (NAME[byte] === 1) {
        to[o++] = byte
        hash = (Math.imul(hash, 31) + byte) | 0
        if (++at === end) break
        byte = bytes[at]
      }
      if (at === end || byte !== EQUALS || at === nameStart) {
        out.at = member
        at = this.#word(bytes, nameStart, end, scope)
        o = out.at
        continue
      }
      const index = FIELD_TABLE.find(bytes, nameStart, at, hash)
      if (index >= 0 && stamps[index] !== stamp && (plainNames || !this.#interpreted)) {
        // ---- fast values; a value that is not plain falls through with `o` unused
        to[o] = QUOTE
        to[o + 1] = COLON
        let v = o + 2
        let from = at + 1
        byte = from < end ? bytes[from] : SPACE
        const role = roles[index]
        let done = false
        if (byte === QUOTE) {
          if (role === Role.Text || role === Role.Encoded) {
            to[v++] = QUOTE
            for (from++; from < end; from++) {
              byte = bytes[from]
              if (ESCAPE[byte] !== 0) break
              to[v++] = byte
            }
            done = from < end && byte === QUOTE
            from++
          }
        } else if (role === Role.Num) {
          // A leading zero or sign is left to #field, and so is everything that is no number.
          if (byte > ZERO && byte <= NINE) {
            while (byte >= ZERO && byte <= NINE) {
              to[v++] = byte
              if (++from === end) break
              byte = bytes[from]
            }
            done = from === end || byte === SPACE || byte === ENRICHED
          } else if (byte === ZERO) {
            to[v++] = ZERO
            from++
            done = from === end || bytes[from] === SPACE || bytes[from] === ENRICHED
          }
        } else if (role === Role.Text && !this.#nested && byte !== OPEN_PARENTHESIS) {
          to[v++] = QUOTE
          while (from < end) {
            byte = bytes[from]
            if (byte === SPACE || ESCAPE[byte] !== 0) break
            to[v++] = byte
            from++
          }
          done = from === end || byte === SPACE || byte === ENRICHED
        }
        if (done) {
          if (role !== Role.Num) to[v++] = QUOTE
          stamps[index] = stamp
          scope.any = true
          o = v
          at = from
          continue
        }
        // ----
      }
      out.at = member
      at = this.#field(bytes, nameStart, at, end, index, roles, scope)
      o = out.at
    }
    out.at = o
    if (scope.words.length > 0) this.#writeWords(bytes, scope)
  }

  /** Writes the field whose name is `bytes[start … nameEnd)`; gives where its value ends. */
  #field(
    bytes: Uint8Array,
    start: number,
    nameEnd: number,
    end: number,
    index: number,
    roles: Uint8Array,
    scope: Scope,
  ): number {
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
      return this.#object(bytes, start, nameEnd, end, role, times, scope)
    } else {
      while (valueEnd < end && bytes[valueEnd] !== SPACE && bytes[valueEnd] !== ENRICHED) valueEnd++
      next = valueEnd
      if (this.#nested) valueEnd = trimNested(bytes, valueStart, valueEnd)
    }
    if (role === Role.SyscallArgument) {
      this.#arguments.push(valueStart, valueEnd)
      return next
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
    if (this.#interpreted) out.constant(this.#prefix)
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
    bytes: Uint8Array,
    start: number,
    nameEnd: number,
    end: number,
    role: number,
    times: number,
    scope: Scope,
  ): number {
    const out = this.#out
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
    if (this.#nested) this.#values.member(TEXT_MEMBER, bytes, from, until)
    else {
      const interpreted = this.#interpreted
      this.#nested = true
      this.#nestedScope.begin()
      this.#writeFields(bytes, from, until, rolesFor(-1), this.#nestedScope)
      this.#nested = false
      this.#interpreted = interpreted
    }
    out.byte(CLOSE_BRACE)
    return next
  }

  /** Keeps a word without `=`, or writes the list in braces that starts here. */
  #word(bytes: Uint8Array, start: number, end: number, scope: Scope): number {
    let at = start
    while (at < end && bytes[at] !== SPACE && bytes[at] !== ENRICHED) at++
    const words = scope.words
    if (at - start === 1 && bytes[start] === OPEN_BRACE && words.length > 0) {
      const close = closingBrace(bytes, at, end)
      if (close > 0) {
        this.#writeList(bytes, at, close, scope)
        return close + 1
      }
    }
    if (!(scope.prose && isProse(bytes, start, at))) words.push(start, at)
    return at
  }

  /** Writes `"denied":["read","write"]` from the last word and the words in braces after it. */
  #writeList(bytes: Uint8Array, start: number, end: number, scope: Scope): void {
    const out = this.#out
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

  #writeWords(bytes: Uint8Array, scope: Scope): void {
    const out = this.#out
    if (scope.any) out.byte(COMMA)
    scope.any = true
    this.#values.words(TEXT_MEMBER, bytes, scope.words)
  }

  #writeArguments(bytes: Uint8Array): void {
    const out = this.#out
    if (this.#scope.any) out.byte(COMMA)
    out.constant(ARGV_MEMBER)
    for (let i = 0; i < this.#arguments.length; i += 2) {
      if (i > 0) out.byte(COMMA)
      this.#values.write(bytes, this.#arguments[i], this.#arguments[i + 1], false, Role.Hex, -1)
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

function smallNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  if (end === start || end - start > 7) return -1
  for (let at = start; at < end; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return -1
    value = value * 10 + bytes[at] - 0x30
  }
  return value
}
