import { createGunzip } from 'node:zlib'

/** Bytes unpacked at a time at most; what a packed slice holds comes as several of these. */
const CHUNK_BYTES = 1 << 18
/** Packed bytes that are unpacked at once. What the slice with the damage holds may have to be found again. */
const SLICE_BYTES = 1 << 14
/** Packed bytes that are kept for that: some hundred MB of log. Behind them the damaged slice is given up. */
const KEPT_BYTES = 16 << 20

/**
 * What a gzip stream of any number of members holds. Where it is damaged, cut or followed by what is no
 * gzip, all that can be unpacked before that place comes, then the error of zlib. The bytes of `packed`
 * are copied, since its next chunk may overwrite them.
 */
export async function* unpacked(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacker = new Unpacker()
  const kept: Buffer[] = []
  let size = 0
  let given = 0
  for await (const chunk of packed)
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const slice = Buffer.from(chunk.subarray(at, at + SLICE_BYTES))
      const failure = await failureOf(unpacker.write(slice))
      for (const bytes of unpacker.take()) {
        given += bytes.length
        yield bytes
      }
      if (failure !== null) {
        if (size <= KEPT_BYTES) yield* foundAgain([...kept, ...bytesOf(slice)], given)
        throw failure.error
      }
      size += slice.length
      if (size <= KEPT_BYTES) kept.push(slice)
      else kept.length = 0
    }
  await unpacker.end()
  yield* unpacker.take()
}

/**
 * What packed slices hold behind the first `given` bytes, up to the damage in one of them: zlib gives
 * nothing of the slice in which it fails, so that it is the smaller the more is found.
 */
async function* foundAgain(slices: readonly Buffer[], given: number): AsyncGenerator<Uint8Array> {
  const unpacker = new Unpacker()
  let skip = given
  for (const slice of slices) {
    const failure = await failureOf(unpacker.write(slice))
    for (const bytes of unpacker.take()) {
      if (bytes.length > skip) yield bytes.subarray(skip)
      skip = Math.max(0, skip - bytes.length)
    }
    if (failure !== null) return
  }
}

function bytesOf(slice: Buffer): Buffer[] {
  return Array.from(slice, (_, i) => slice.subarray(i, i + 1))
}

async function failureOf(done: Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await done
    return null
  } catch (error) {
    return { error }
  }
}

/** Unpacks slice by slice; a stream's own iteration drops what it has not handed out when it fails. */
class Unpacker {
  readonly #gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  #bytes: Buffer[] = []
  #settle: { resolve: () => void; reject: (error: unknown) => void } | null = null
  #over = false

  constructor() {
    this.#gunzip
      .on('data', (bytes: Buffer) => this.#bytes.push(bytes))
      .on('error', (error) => this.#settle?.reject(error))
      .on('end', () => {
        this.#over = true
        this.#settle?.resolve()
      })
  }

  /** Settles when the slice is unpacked. What follows zeros behind a whole gzip is passed over, as gzip does. */
  write(slice: Buffer): Promise<void> {
    return this.#do((resolve) => this.#gunzip.write(slice, resolve))
  }

  /** Settles when all is unpacked; rejects where the last member is cut. */
  end(): Promise<void> {
    return this.#do(() => this.#gunzip.end())
  }

  /** What was unpacked since the last call. */
  take(): Buffer[] {
    const bytes = this.#bytes
    this.#bytes = []
    return bytes
  }

  #do(start: (resolve: () => void) => void): Promise<void> {
    if (this.#over) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      start(resolve)
    })
  }
}
