import type { Origins } from '../model/origins.ts'
import { growTable } from '../model/result.ts'
import { FIRST_BYTES } from './words.ts'

/** Slots of the look-up at first: more than the origins of an ordinary batch. */
const SLOTS = 1024
const FACTOR = 0x9e3779b1 | 0

/**
 * Finds the row of an origin that came before in the batch, or makes one.
 *
 * ```
 *  hash of all its parts ──► slots, tried one after the other ──► row of `Origins`, whose parts are compared
 * ```
 */
export class OriginTable {
  #view!: DataView
  #origins!: Origins
  /** Row + 1, and its hash; 0 where free. */
  #slots = new Int32Array(SLOTS)
  #hashes = new Int32Array(SLOTS)

  /** Starts a batch whose bytes are those of `view`, SLACK readable bytes behind the last. */
  begin(view: DataView, origins: Origins): void {
    this.#view = view
    this.#origins = origins
    this.#slots.fill(0)
  }

  /** Row of an origin. Its texts are `[programStart … programEnd)` and `[pathStart … pathEnd)`. */
  intern(
    keySet: number,
    call: number,
    user: number,
    programStart: number,
    programEnd: number,
    pathStart: number,
    pathEnd: number,
  ): number {
    const origins = this.#origins
    const programHash = this.#hash(programStart, programEnd)
    const pathHash = this.#hash(pathStart, pathEnd)
    let hash = Math.imul(keySet ^ (call | 0), FACTOR) ^ (user | 0)
    hash = Math.imul(hash ^ (hash >>> 15), FACTOR) ^ programHash
    hash = Math.imul(hash ^ (hash >>> 15), FACTOR) ^ pathHash
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let found = this.#slots[slot]; found !== 0; found = this.#slots[slot]) {
      const row = found - 1
      if (
        this.#hashes[slot] === hash &&
        origins.keySet[row] === keySet &&
        origins.call[row] === call &&
        origins.user[row] === user &&
        this.#isEqual(
          origins.programStart[row],
          origins.programEnd[row],
          programStart,
          programEnd,
        ) &&
        this.#isEqual(origins.pathStart[row], origins.pathEnd[row], pathStart, pathEnd)
      )
        return row
      slot = (slot + 1) & mask
    }
    if (origins.count === origins.call.length) growTable(origins)
    const row = origins.count++
    origins.keySet[row] = keySet
    origins.call[row] = call
    origins.user[row] = user
    origins.programStart[row] = programStart
    origins.programEnd[row] = programEnd
    origins.pathStart[row] = pathStart
    origins.pathEnd[row] = pathEnd
    origins.programHash[row] = programHash
    origins.pathHash[row] = pathHash
    this.#slots[slot] = row + 1
    this.#hashes[slot] = hash
    if (origins.count * 2 > this.#slots.length) this.#widen()
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
    const slots = this.#slots
    const hashes = this.#hashes
    this.#slots = new Int32Array(slots.length * 2)
    this.#hashes = new Int32Array(slots.length * 2)
    const mask = this.#slots.length - 1
    for (let at = 0; at < slots.length; at++) {
      if (slots[at] === 0) continue
      let slot = (hashes[at] ^ (hashes[at] >>> 15)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = slots[at]
      this.#hashes[slot] = hashes[at]
    }
  }
}
