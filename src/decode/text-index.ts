import type { Texts } from '../model/origins.ts'
import { growTable } from '../model/result.ts'
import { FIRST_BYTES } from './words.ts'

/** Slots of the look-up at first: more than twice the texts of an ordinary batch. */
const SLOTS = 1024
const FACTOR = 0x9e3779b1 | 0

/** Finds the row of a text that came before in the batch, or makes one: by a hash, in slots tried one after the other. */
export class TextIndex {
  #view!: DataView
  #texts!: Texts
  /** Row + 1; 0 where free. */
  #slots = new Int32Array(SLOTS)

  /**
   * Starts a batch whose bytes are those of `view`, SLACK readable bytes behind the last, and some of whose texts may
   * be known.
   */
  begin(view: DataView, texts: Texts): void {
    this.#view = view
    this.#texts = texts
    if (texts.count * 2 > this.#slots.length) this.#widen()
    else this.#place()
  }

  /** Row of the text `[start … end)`. */
  row(start: number, end: number): number {
    const { start: starts, end: ends, hash: hashes } = this.#texts
    const hash = this.#hash(start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let found = this.#slots[slot]; found !== 0; found = this.#slots[slot]) {
      const row = found - 1
      if (hashes[row] === hash && this.#isEqual(starts[row], ends[row], start, end)) return row
      slot = (slot + 1) & mask
    }
    return this.#add(slot, start, end, hash)
  }

  #add(slot: number, start: number, end: number, hash: number): number {
    const texts = this.#texts
    if (texts.count === texts.start.length) growTable(texts)
    const row = texts.count++
    texts.start[row] = start
    texts.end[row] = end
    texts.hash[row] = hash
    this.#slots[slot] = row + 1
    if (texts.count * 2 > this.#slots.length) this.#widen()
    return row
  }

  #hash(start: number, end: number): number {
    const view = this.#view
    let hash = 0
    let at = start
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), FACTOR)
      hash ^= hash >>> 15
    }
    const rest = view.getInt32(at, true) & FIRST_BYTES[end - at]
    hash = Math.imul(hash ^ rest ^ (end - start), FACTOR)
    return hash ^ (hash >>> 13)
  }

  #isEqual(aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
    const view = this.#view
    const length = bEnd - bStart
    if (aEnd - aStart !== length) return false
    let i = 0
    for (; i + 4 <= length; i += 4)
      if (view.getInt32(aStart + i, true) !== view.getInt32(bStart + i, true)) return false
    const rest = view.getInt32(aStart + i, true) ^ view.getInt32(bStart + i, true)
    return (rest & FIRST_BYTES[length & 3]) === 0
  }

  #widen(): void {
    let length = this.#slots.length * 2
    while (this.#texts.count * 2 > length) length *= 2
    this.#slots = new Int32Array(length)
    this.#place()
  }

  /** Puts all texts in their slots. */
  #place(): void {
    const { count, hash } = this.#texts
    this.#slots.fill(0)
    const mask = this.#slots.length - 1
    for (let row = 0; row < count; row++) {
      let slot = hash[row] & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = row + 1
    }
  }
}
