import { KEY_SEPARATOR, keysOf } from '../model/key-set.ts'
import { createResult, roomFor } from '../model/result.ts'
import { decodeHex } from './hex.ts'
import { hashStep } from './names.ts'
import { Out } from './out.ts'
import { type Constant, constant } from './words.ts'

/**
 * The distinct `key` values of a batch. Rules have few keys and events many, so each value is
 * decoded once per batch and every further event costs a hash and a compare.
 *
 * A rule with several keys prints them joined by U+0001, then hex (AUDIT_KEY_SEPARATOR in
 * audit-userspace lib/libaudit.h).
 */
export class KeySets {
  #sets: string[] = []
  /** JSON array of each set's keys, as bytes. */
  readonly #json: Constant[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #byHash = new Map<number, number[]>()
  readonly #cache = new Map<string, Constant>()

  /** Starts a batch; set 0 is the empty one. Gives the list the sets will be in. */
  begin(): string[] {
    this.#sets = ['']
    this.#json.length = this.#starts.length = this.#ends.length = 0
    this.#json.push(EMPTY)
    this.#starts.push(0)
    this.#ends.push(0)
    this.#byHash.clear()
    return this.#sets
  }

  /** Index of the set that the key value `bytes[start … end)` names. */
  intern(bytes: Uint8Array, start: number, end: number, quoted: boolean): number {
    let hash = quoted ? 1 : 0
    for (let at = start; at < end; at++) hash = hashStep(hash, bytes[at])
    const alike = this.#byHash.get(hash)
    if (alike !== undefined) {
      for (const index of alike) if (this.#equals(index, bytes, start, end)) return index
    }
    const set = decodeKeys(bytes, start, end, quoted)
    if (set === '') return 0
    const index = this.#sets.push(set) - 1
    this.#json.push(this.#jsonOf(set))
    this.#starts.push(start)
    this.#ends.push(end)
    if (alike === undefined) this.#byHash.set(hash, [index])
    else alike.push(index)
    return index
  }

  /** JSON array of the keys in a set. */
  json(index: number): Constant {
    return this.#json[index]
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[index]
    const length = end - start
    if (this.#ends[index] - from !== length) return false
    for (let i = 0; i < length; i++) if (bytes[from + i] !== bytes[start + i]) return false
    return true
  }

  #jsonOf(set: string): Constant {
    let json = this.#cache.get(set)
    if (json === undefined) {
      if (this.#cache.size >= CACHE_ROOM) this.#cache.clear()
      json = keysToJson(set)
      this.#cache.set(set, json)
    }
    return json
  }
}

const EMPTY = constant('[]')
const CACHE_ROOM = 1024

function keysToJson(set: string): Constant {
  const result = createResult(roomFor(set.length * 4))
  const out = new Out()
  out.open(result)
  out.reserve(set.length * 24 + 64)
  out.byte(0x5b)
  for (const [index, key] of keysOf(set).entries()) {
    if (index > 0) out.byte(0x2c)
    const bytes = Buffer.from(key)
    out.string(bytes, 0, bytes.length)
  }
  out.byte(0x5d)
  return constant(out.bytes.slice(0, out.at))
}

/** The keys in a key value, joined by U+0001; '' for `(null)`. Bytes that are no UTF-8 read as U+FFFD. */
function decodeKeys(bytes: Uint8Array, start: number, end: number, quoted: boolean): string {
  let text = Buffer.from(bytes.subarray(start, end))
  if (!quoted) {
    const decoded = Buffer.alloc((end - start) >> 1)
    if (decodeHex(bytes, start, end, decoded, 0) > 0) text = decoded
    else if (text.equals(NULL)) return ''
  }
  return keysOf(text.toString('utf8')).join(KEY_SEPARATOR)
}

const NULL = Buffer.from('(null)')
