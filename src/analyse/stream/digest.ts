import { createHash } from 'node:crypto'

/** Bytes that are collected before they are hashed: a call for each event that comes alone costs more than its bytes. */
const ROOM = 16 * 1024

/** A SHA-256 that is reckoned while bytes come. */
export class Digest {
  readonly #hash = createHash('sha256')
  readonly #waiting: Buffer
  #count = 0

  /** `room` is memory to collect bytes in, which the digest after this one may have. */
  constructor(room: Buffer = Buffer.allocUnsafeSlow(ROOM)) {
    this.#waiting = room
  }

  /** Adds bytes. */
  add(bytes: Uint8Array): void {
    if (this.#count + bytes.length > this.#waiting.length) this.#pass()
    if (bytes.length > this.#waiting.length) {
      this.#hash.update(bytes)
      return
    }
    this.#waiting.set(bytes, this.#count)
    this.#count += bytes.length
  }

  /** The digest in hex, which ends it, and the one of what follows. */
  end(): [hex: string, next: Digest] {
    this.#pass()
    return [this.#hash.digest('hex'), new Digest(this.#waiting)]
  }

  #pass(): void {
    if (this.#count > 0) this.#hash.update(this.#waiting.subarray(0, this.#count))
    this.#count = 0
  }
}
