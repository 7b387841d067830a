/** Largest number that `stamps` holds. */
const LAST_STAMP = 0xffffffff

/**
 * What has been met so far in one JSON object: which names, so that a second one gets a name of its
 * own, and the words that belong to no field.
 */
export class Scope {
  /** `stamp` at each known field that has come in the object at hand. */
  readonly stamps: Uint32Array
  readonly #times = new Map<number, number>()
  readonly #unknown = new Map<string, number>()
  /** Number of the object at hand. */
  stamp = 0
  /** Start and end of each word without `=`, in the bytes of the record. */
  readonly words: number[] = []
  /** Whether a member has been written. */
  any = false
  /** Whether a list in braces came: the words around it are prose. */
  prose = false

  constructor(fields: number) {
    this.stamps = new Uint32Array(fields)
  }

  /** Starts a new object. */
  begin(): void {
    if (this.stamp === LAST_STAMP) {
      this.stamps.fill(0)
      this.stamp = 0
    }
    this.stamp++
    if (this.words.length > 0) this.words.length = 0
    this.any = this.prose = false
    if (this.#times.size > 0) this.#times.clear()
    if (this.#unknown.size > 0) this.#unknown.clear()
  }

  /** How often the known field has now come, 1 for the first time. */
  known(field: number): number {
    if (this.stamps[field] !== this.stamp) {
      this.stamps[field] = this.stamp
      return 1
    }
    const times = (this.#times.get(field) ?? 1) + 1
    this.#times.set(field, times)
    return times
  }

  /** How often the field of this name, which no table knows, has now come. */
  unknown(bytes: Uint8Array, start: number, end: number): number {
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
    const times = (this.#unknown.get(name) ?? 0) + 1
    this.#unknown.set(name, times)
    return times
  }
}
