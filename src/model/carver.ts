/**
 * Lays typed arrays one after the other over one memory, each at a multiple of 8 bytes, which is what
 * the widest of them needs.
 */
export class Carver {
  readonly #memory: ArrayBufferLike
  #at: number

  /** Begins at byte `at`, a multiple of 8. */
  constructor(memory: ArrayBufferLike, at: number) {
    this.#memory = memory
    this.#at = at
  }

  /** The next `length` bytes. */
  u8(length: number): Uint8Array {
    return new Uint8Array(this.#memory, this.#take(length), length)
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.#memory, this.#take(length * 2), length)
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.#memory, this.#take(length * 4), length)
  }

  i32(length: number): Int32Array {
    return new Int32Array(this.#memory, this.#take(length * 4), length)
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.#memory, this.#take(length * 8), length)
  }

  #take(bytes: number): number {
    const at = this.#at
    this.#at = (at + bytes + 7) & ~7
    return at
  }
}
