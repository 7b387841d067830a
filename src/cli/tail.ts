import { open } from 'node:fs/promises'
import { codeOf } from '../model/failure.ts'

const CHUNK_BYTES = 4 << 20

/** Whole lines of a growing NDJSON file, each given once. */
export class Tail {
  readonly #path: string
  #at = 0

  /** The file may be made later. Its lines are shorter than 4 MiB. */
  constructor(path: string) {
    this.#path = path
  }

  /** The values in the lines that are new since the last call. */
  async *next(): AsyncGenerator {
    const file = await open(this.#path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (file === null) return
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, this.#at)
        const whole = chunk.subarray(0, chunk.subarray(0, bytesRead).lastIndexOf(0x0a) + 1)
        if (whole.length === 0) return
        this.#at += whole.length
        for (const line of whole.toString().trimEnd().split('\n')) yield JSON.parse(line) as unknown
      }
    } finally {
      await file.close()
    }
  }
}
