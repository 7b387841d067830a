/** Memory that the values of several messages lie in. */
export interface Chunk {
  readonly memory: Buffer
  /** Bytes that are given out. */
  used: number
  /** Messages that still need it; one more while it is being filled. */
  users: number
}

/** Bytes of a chunk that is used again. */
const CHUNK_BYTES = 4 << 20
/** Chunks kept for later: what may be under way. */
const KEPT = 4

/**
 * Copies of what is on its way: an event that is refused or lost with its producer is sent again from
 * them. Chunks are used again, since fresh memory by the megabyte outruns the garbage collector.
 */
export class Chunks {
  #free: Chunk[] = []
  #filling: Chunk = createChunk(CHUNK_BYTES)

  /** A chunk in which `bytes` are free from its `used` on; the caller moves `used` and adds users. */
  withRoom(bytes: number): Chunk {
    const filling = this.#filling
    if (filling.users === 1) filling.used = 0
    if (filling.used + bytes <= filling.memory.length) return filling
    this.#filling = bytes > CHUNK_BYTES ? createChunk(bytes) : this.#spare()
    this.release(filling)
    return this.#filling
  }

  /** One user less; the last one gives the chunk back. */
  release(chunk: Chunk): void {
    if (--chunk.users === 0 && chunk.memory.length === CHUNK_BYTES && this.#free.length < KEPT)
      this.#free.push(chunk)
  }

  #spare(): Chunk {
    const chunk = this.#free.pop() ?? createChunk(CHUNK_BYTES)
    chunk.used = 0
    chunk.users = 1
    return chunk
  }
}

function createChunk(bytes: number): Chunk {
  return { memory: Buffer.allocUnsafeSlow(bytes), used: 0, users: 1 }
}
