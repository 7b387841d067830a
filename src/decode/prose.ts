import { CLOSE_BRACE, COLON, ENRICHED, OPEN_BRACE, SPACE } from '../model/bytes.ts'
import { FIELD_NAMES } from './kinds.ts'
import { writeName } from './member-name.ts'
import type { Out } from './out.ts'
import type { Scope } from './scope.ts'
import type { ValueWriter } from './values.ts'
import { constant } from './words.ts'

const TEXT = FIELD_NAMES.indexOf('text')
const TEXT_NAME = Uint8Array.from(Buffer.from('text'))
const DENIED = Uint8Array.from(Buffer.from('denied'))
const GRANTED = Uint8Array.from(Buffer.from('granted'))
const OLD = Uint8Array.from(Buffer.from('old'))
const DENIED_HEX = constant(',"denied_hex":[')
const GRANTED_HEX = constant(',"granted_hex":[')

/**
 * Writes what stands in a record outside its fields. SELinux says `avc: denied { read write } for`:
 * the list `denied` (or `granted`). All other words come last, together, as `text`.
 */
export class ProseWriter {
  readonly #out: Out
  readonly #values: ValueWriter

  constructor(out: Out, values: ValueWriter) {
    this.#out = out
    this.#values = values
  }

  /** Keeps the word at `start`, or writes the list in braces that starts there; gives its end. */
  word(bytes: Uint8Array, start: number, end: number, scope: Scope): number {
    const at = wordEnd(bytes, start, end)
    const { words } = scope
    if (at - start === 1 && bytes[start] === OPEN_BRACE && words.length > 0 && !scope.prose) {
      const close = this.#list(bytes, at, end, scope)
      if (close > 0) return close + 1
    }
    if (scope.prose && isProse(bytes, start, at)) return at
    // Old LOGIN records say `old auid=1 new auid=2`: what follows `old` is not the field's value.
    const until = isWord(bytes, start, at, OLD) ? wordEnd(bytes, Math.min(at + 1, end), end) : at
    words.push(start, until)
    return until
  }

  /** Writes the words of a scope as its member `text`. */
  writeWords(bytes: Uint8Array, scope: Scope): void {
    const times = scope.known(TEXT)
    const name = writeName(this.#out, scope, TEXT_NAME, 0, TEXT_NAME.length, times)
    this.#values.words(bytes, scope.words, name)
  }

  /**
   * Writes `"denied":["read","write"]`, when that is the last word and the braces close; gives where
   * they do, else -1.
   */
  #list(bytes: Uint8Array, start: number, limit: number, scope: Scope): number {
    const { words } = scope
    const [nameStart, nameEnd] = words.slice(-2)
    const denied = isWord(bytes, nameStart, nameEnd, DENIED)
    if (!denied && !isWord(bytes, nameStart, nameEnd, GRANTED)) return -1
    // One list a record: a second one, in no record we know of, stays text, and so does all that
    // follows a brace that does not close, without another look for its end.
    scope.prose = true
    const end = closingBrace(bytes, start, limit)
    if (end < 0) return -1
    const out = this.#out
    words.length -= 2
    if (words.length === 2 && isProse(bytes, words[0], words[1])) words.length = 0
    writeName(out, scope, bytes, nameStart, nameEnd, 1)
    const odd: number[] = []
    out.byte(0x5b)
    for (let at = start, index = 0; at < end; ) {
      if (bytes[at] === SPACE) {
        at++
        continue
      }
      const until = wordEnd(bytes, at, end)
      if (until === at) break
      if (index > 0) out.byte(0x2c)
      if (!this.#values.element(bytes, at, until)) odd.push(index, at, until)
      index++
      at = until
    }
    out.byte(0x5d)
    if (odd.length > 0) this.#values.odd(denied ? DENIED_HEX : GRANTED_HEX, bytes, odd)
    return end
  }
}

function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== SPACE && bytes[at] !== ENRICHED) at++
  return at
}

function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}

/** Where the closing brace of a list without braces inside stands, or -1. */
function closingBrace(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end && bytes[at] !== ENRICHED; at++)
    if (bytes[at] === CLOSE_BRACE) return at
  return -1
}

/** `avc:` and `for`, the prose around a list of permissions: they say nothing more. */
function isProse(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    (end - start === 4 && bytes[start] === 0x61 && bytes[start + 3] === COLON) ||
    (end - start === 3 && bytes[start] === 0x66 && bytes[start + 2] === 0x72)
  )
}
