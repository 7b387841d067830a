/**
 * A fixed table from byte strings to numbers: record type names, field names.
 *
 * The scanner hashes a name while it looks for its end, so a look-up costs one probe and one compare
 * and makes no string.
 */
export class NameTable {
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #bytes: Uint8Array
  readonly #ends: Uint32Array

  /** Names in order; `find` answers with a name's index. Of equal names the first counts. */
  constructor(names: readonly string[]) {
    let room = 64
    while (room < names.length * 4) room *= 2
    this.#slots = new Int32Array(room).fill(-1)
    this.#mask = room - 1
    this.#bytes = new Uint8Array(Buffer.from(names.join(''), 'latin1'))
    this.#ends = new Uint32Array(names.length)
    let end = 0
    for (let index = 0; index < names.length; index++) {
      const start = end
      end += names[index].length
      this.#ends[index] = end
      const hash = hashName(this.#bytes, start, end)
      if (this.find(this.#bytes, start, end, hash) >= 0) continue
      let slot = hash & this.#mask
      while (this.#slots[slot] >= 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index
    }
  }

  /** Index of the name `bytes[start … end)`, or -1. `hash` is its `hashName`. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start
    let slot = hash & this.#mask
    for (;;) {
      const index = this.#slots[slot]
      if (index < 0) return -1
      const from = index === 0 ? 0 : this.#ends[index - 1]
      if (this.#ends[index] - from === length) {
        let i = 0
        while (i < length && this.#bytes[from + i] === bytes[start + i]) i++
        if (i === length) return index
      }
      slot = (slot + 1) & this.#mask
    }
  }
}

/** One step of the name hash, for loops that hash while they scan. Starts at 0. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}

/** Hash of `bytes[start … end)`. */
export function hashName(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let at = start; at < end; at++) hash = hashStep(hash, bytes[at])
  return hash
}
