import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kind, Outlet } from './outlet.ts'

const LF = 0x0a

/** Bytes that hold more than the last event. */
const TAIL_BYTES = 256 << 10

/** Files of a directory of their own. */
export class NdjsonOutlet implements Outlet {
  readonly sink = 'ndjson'
  readonly settings: object
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'spillway-out-'))

  constructor() {
    this.settings = { output: `ndjson:${this.#directory}` }
  }

  async last(): Promise<number> {
    const path = this.#path('events')
    if (!existsSync(path)) return 0
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES))
      readSync(file, tail, 0, tail.length, size - tail.length)
      const serials = [...tail.toString().matchAll(/"serial":(\d+)/g)]
      return Number(serials.at(-1)?.[1] ?? 0)
    } finally {
      closeSync(file)
    }
  }

  /** The lines of a file that may be larger than the longest string. */
  async *lines(kind: Kind): AsyncGenerator<string> {
    const bytes = readFileSync(this.#path(kind))
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(LF, at)
      yield bytes.toString('utf8', at, end)
      at = end + 1
    }
  }

  async remove(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #path(kind: Kind): string {
    return join(this.#directory, `${kind}.ndjson`)
  }
}
