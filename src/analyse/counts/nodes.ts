/** One name as it stands in the records, and what is kept for it. */
interface Entry<T> {
  readonly name: Uint8Array
  readonly value: T
}

/** Names remembered; beyond, all are forgotten and looked up anew. */
const MAX_NAMES = 4096

/** FNV-1a, 32 bits. */
const HASH_SEED = 0x811c9dc5
const HASH_FACTOR = 0x01000193

/** What belongs to a node, by the bytes of its name, without making a string of them. */
export class NodeTable<T> {
  readonly #entries = new Map<number, Entry<T>[]>()
  #size = 0
  #last: Entry<T> | null = null

  /** What is kept for the name `bytes[start … end)`. */
  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    if (this.#last !== null && isEqual(this.#last.name, bytes, start, end)) return this.#last.value
    const entry = this.#entries
      .get(hashOf(bytes, start, end))
      ?.find(({ name }) => isEqual(name, bytes, start, end))
    if (entry) this.#last = entry
    return entry?.value
  }

  /** Keeps a value for a name; the name is copied. */
  add(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (this.#size++ === MAX_NAMES) {
      this.#entries.clear()
      this.#size = 1
    }
    const hash = hashOf(bytes, start, end)
    const entry = { name: bytes.slice(start, end), value }
    const alike = this.#entries.get(hash)
    if (alike) alike.push(entry)
    else this.#entries.set(hash, [entry])
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], HASH_FACTOR)
  return hash
}

function isEqual(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
  return true
}
