import { ENRICHED, EQUALS, NINE, OPEN_PARENTHESIS, QUOTE, SPACE, ZERO } from '../model/bytes.ts'
import { FIELD_TABLE, MEMBERS, NAMES, type RecordShape, Role, shapeFor } from './kinds.ts'
import { MemberWriter, smallNumber } from './members.ts'
import { ESCAPE, type Out } from './out.ts'
import { RUN_FIELDS, Run, RunCache } from './runs.ts'
import type { Scope } from './scope.ts'
import { MOST_DIGITS } from './values.ts'
import { equalBytes, isOdd, viewOf } from './words.ts'

const LETTER_U = 0x75
const LETTER_X = 0x78

/** 1 for bytes that a field's name consists of: what needs no escape, but no space, quote or `=`. */
const NAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  ESCAPE[byte] === 0 && byte !== SPACE && byte !== EQUALS && byte !== OPEN_PARENTHESIS ? 1 : 0,
)

function isOctal(byte: number): boolean {
  return byte >= ZERO && byte < ZERO + 8
}

/** 1 for hex digits. */
const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

/**
 * Writes the fields of one record as JSON members: `name=value name="value" … <1d>NAME=value …`.
 *
 * Decoding spends most of its time in the loop here, so nine in ten fields are written in it without
 * a call: fields that a table knows, met for the first time in the record, with a plain value. The
 * rest goes to `MemberWriter`. Records of a type have the same fields in the same order, so the
 * field that followed last time is tried first, four bytes at a time; only when another came is the
 * name hashed. Together with runs.ts that brought a record from about 2.9 to 1.3 µs on a busy machine.
 */
export class FieldWriter {
  readonly #out: Out
  readonly #members: MemberWriter
  readonly #plain: boolean
  readonly #runs = new RunCache()
  readonly #run = new Run()
  #bytes: Uint8Array = new Uint8Array(0)
  #view = viewOf(this.#bytes)

  /** `interpretedPrefix` goes before every name of the ENRICHED part. */
  constructor(out: Out, interpretedPrefix: string) {
    this.#out = out
    this.#plain = interpretedPrefix === ''
    this.#members = new MemberWriter(out, interpretedPrefix, (start, end, shape, scope) =>
      this.#writeFields(start, end, shape, scope),
    )
  }

  /** Where `key` and `items` of the last record lie; see there. */
  get found(): MemberWriter {
    return this.#members
  }

  /** Records lie in `bytes` from now on, SLACK readable bytes behind the last. */
  begin(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes
    this.#view = view
    this.#members.begin(bytes)
  }

  /** Writes `{…}` for the record of this type whose fields are `bytes[start … end)`. */
  writeRecord(start: number, end: number, type: number): void {
    const shape = shapeFor(type)
    const scope = this.#members.openRecord()
    this.#writeFields(start, end, shape, scope)
    this.#members.closeRecord()
  }

  #writeFields(start: number, end: number, shape: RecordShape, scope: Scope): void {
    const bytes = this.#bytes
    const view = this.#view
    const out = this.#out
    const members = this.#members
    const { stamps, stamp } = scope
    const { roles, next, runFrom, runTo } = shape
    const runs = this.#runs
    const run = this.#run
    run.at = -1
    const to = out.bytes
    const toView = out.view
    let plain = true
    // The field before; its successor is the guess. The last entry stands for the record's start.
    let before = next.length - 1
    let o = out.at
    let at = start
    members.interpreted = false
    while (at < end) {
      let byte = bytes[at]
      if (byte === SPACE) {
        at++
        continue
      }
      // Old PAM put some fields in parentheses.
      if (byte === OPEN_PARENTHESIS && members.nested) {
        at++
        continue
      }
      if (byte === ENRICHED) {
        members.interpreted = true
        plain = this.#plain
        at++
        if (run.at < 0 && plain && scope.any) {
          const slot = runs.find(view, at, end, true, stamps, stamp, shape)
          if (slot >= 0) {
            o = runs.write(slot, toView, o)
            runs.stamp(slot, stamps, stamp)
            break
          }
          run.begin(at, o, true)
        }
        continue
      }
      let index = next[before]
      let nameEnd = at
      if (index >= 0) {
        const length = NAMES.lengths[index]
        if (at + length <= end && equalBytes(view, at, NAMES.view, NAMES.starts[index], length))
          nameEnd = at + length - 1
        else index = -1
      }
      if (index < 0) {
        let hash = 0
        while (NAME[byte] === 1) {
          hash = (Math.imul(hash, 31) + byte) | 0
          if (++nameEnd === end) break
          byte = bytes[nameEnd]
        }
        if (nameEnd === end || byte !== EQUALS || nameEnd === at) {
          run.at = -1
          out.at = o
          at = members.word(at, end, scope)
          o = out.at
          continue
        }
        index = FIELD_TABLE.find(bytes, at, nameEnd, hash)
        if (index >= 0) next[before] = index
      }
      if (index >= 0 && stamps[index] !== stamp && plain) {
        if (index === runFrom && scope.any) {
          const slot = runs.find(view, at, end, runTo < 0, stamps, stamp, shape)
          if (slot >= 0) {
            o = runs.write(slot, toView, o)
            at += runs.length
            runs.stamp(slot, stamps, stamp)
            before = runs.last(slot)
            continue
          }
          run.begin(at, o, runTo < 0)
        } else if (index === runTo && run.at >= 0 && !run.whole)
          runs.keep(run, bytes, at, to, o, shape)
        run.fields[run.count++ & (RUN_FIELDS - 1)] = index
        const role = roles[index]
        // What a record keeps besides its members is not kept with a run.
        if (role === Role.SyscallArgument || role === Role.Key || role === Role.Items) run.at = -1
        if (role === Role.SyscallArgument) {
          let from = nameEnd + 1
          while (from < end && (byte = bytes[from]) !== SPACE && byte !== ENRICHED) from++
          members.argument(nameEnd + 1, from)
          stamps[index] = stamp
          at = from
          before = index
          continue
        }
        if (role === Role.Title && !scope.any) {
          let from = nameEnd + 1
          while (from < end && (byte = bytes[from]) !== SPACE && byte !== ENRICHED) from++
          out.at = o
          if (members.plainTitle(nameEnd + 1, from)) {
            stamps[index] = stamp
            scope.any = true
            o = out.at
            at = from
            before = index
            continue
          }
        }
        // `,"name":`, of a first member without the comma
        const first = scope.any ? 0 : 1
        const member = MEMBERS.starts[index] + first
        const length = MEMBERS.lengths[index] - first
        for (let i = 0; i < length; i += 4)
          toView.setInt32(o + i, MEMBERS.view.getInt32(member + i, true), true)
        let v = o + length
        let from = nameEnd + 1
        byte = from < end ? bytes[from] : SPACE
        let done = false
        if (byte === QUOTE) {
          if (role === Role.Text || role === Role.Encoded || role === Role.Key) {
            to[v++] = QUOTE
            from++
            while (from + 4 <= end) {
              const word = view.getInt32(from, true)
              if (isOdd(word) !== 0) break
              toView.setInt32(v, word, true)
              v += 4
              from += 4
            }
            for (; from < end; from++) {
              byte = bytes[from]
              if (ESCAPE[byte] !== 0) break
              to[v++] = byte
            }
            to[v++] = QUOTE
            done = from < end && byte === QUOTE
            if (done && role === Role.Key) members.quotedKey(nameEnd + 2, from)
            from++
          }
        } else if (role === Role.Num || role === Role.Items) {
          // A sign or a leading zero, and what is no number, is left to the members.
          to[v] = byte
          if (byte > ZERO && byte <= NINE) {
            do to[v++] = byte
            while (++from < end && (byte = bytes[from]) >= ZERO && byte <= NINE)
            done =
              (from === end || byte === SPACE || byte === ENRICHED) && from - nameEnd <= MOST_DIGITS
          } else if (byte === ZERO) {
            v++
            done = ++from === end || bytes[from] === SPACE || bytes[from] === ENRICHED
          }
          if (done && role === Role.Items) members.items = smallNumber(bytes, nameEnd + 1, from)
        } else if (role === Role.Text) {
          // `(null` is left to the members, `(none)` is not.
          if ((byte !== OPEN_PARENTHESIS || bytes[from + 2] !== LETTER_U) && !members.nested) {
            to[v++] = QUOTE
            while (from < end) {
              byte = bytes[from]
              if (byte === SPACE || ESCAPE[byte] !== 0) break
              to[v++] = byte
              from++
            }
            to[v++] = QUOTE
            done = from === end || byte === SPACE || byte === ENRICHED
          }
        } else if (role === Role.Oct && byte === ZERO) {
          // "0o
          toView.setInt32(v, 0x6f3022, true)
          v += 3
          while (from + 1 < end && bytes[from] === ZERO && isOctal(bytes[from + 1])) from++
          while (from < end && isOctal((byte = bytes[from]))) {
            to[v++] = byte
            from++
          }
          to[v++] = QUOTE
          done = from === end || byte === SPACE || byte === ENRICHED
        } else if (role === Role.Hex && HEX[byte] === 1 && bytes[from + 1] !== LETTER_X) {
          // "0x
          toView.setInt32(v, 0x783022, true)
          v += 3
          do to[v++] = byte
          while (++from < end && HEX[(byte = bytes[from])] === 1)
          to[v++] = QUOTE
          done = from === end || byte === SPACE || byte === ENRICHED
        }
        if (done) {
          stamps[index] = stamp
          scope.any = true
          o = v
          at = from
          before = index
          continue
        }
      }
      // A run with more than plain fields is not kept.
      run.at = -1
      out.at = o
      at = members.field(at, nameEnd, end, index, roles, scope)
      o = out.at
      if (index >= 0) before = index
    }
    out.at = o
    if (run.at >= 0 && run.whole) runs.keep(run, bytes, end, to, o, shape)
    if (scope.words.length > 0) members.writeWords(scope)
  }
}
