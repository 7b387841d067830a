/**
 * Finds a field among others without looking at each byte: where the byte at which its name would end is not in the
 * name, none of the bytes before it can begin it. (Horspool, Practical fast searching in strings, 1980.) Among the
 * numbers of a SYSCALL record that takes a third of the time of going from space to space.
 */
export class Leap {
  readonly #name: Uint8Array
  /** How far to go on from a byte that is not the last one of the name, and from one that is. */
  readonly #leaps: Uint8Array

  /** `name` begins with the space before the field and ends with its `=`, which is nowhere else in it. */
  constructor(name: string) {
    this.#name = Uint8Array.from(Buffer.from(name, 'latin1'))
    const { length } = this.#name
    this.#leaps = new Uint8Array(256).fill(length)
    for (const [at, byte] of this.#name.entries())
      if (at < length - 1) this.#leaps[byte] = length - 1 - at
  }

  /** Where the value of the first such field begins whose space is at `start` or behind it; `end` where there is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const name = this.#name
    const leaps = this.#leaps
    const last = name.length - 1
    const equals = name[last]
    let at = start + last
    while (at < end) {
      const byte = bytes[at]
      if (byte === equals) {
        let i = last - 1
        while (i >= 0 && bytes[at - last + i] === name[i]) i--
        if (i < 0) return at + 1
      }
      at += leaps[byte]
    }
    return end
  }
}
