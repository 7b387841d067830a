import { join } from 'node:path'
import { replaceOwn } from '../files/own.ts'
import { jsonText } from '../model/json.ts'
import type { Status } from '../model/status.ts'

/** Name of the status file in the state directory. */
export const STATUS_FILE = 'status.json'

/** A file that always holds one whole status: who reads it sees the last one or the one before. */
export class StatusFile {
  readonly #path: string
  readonly #onFailure: (error: unknown) => void
  #written = ''
  #writing: Promise<void> | null = null
  #failed = false

  /** `onFailure` is told of the first of several failures in a row. */
  constructor(directory: string, onFailure: (error: unknown) => void) {
    this.#path = join(directory, STATUS_FILE)
    this.#onFailure = onFailure
  }

  /**
   * Writes a status, with the time, unless it says what the last one did (and is not to be written
   * `again`) or that is still under way.
   */
  write(status: Status, again = false): Promise<void> {
    const text = jsonText(status)
    if (again || text !== this.#written)
      this.#writing ??= this.#put(text).finally(() => {
        this.#writing = null
      })
    return this.#writing ?? Promise.resolve()
  }

  /** Settles when nothing is under way. */
  async settle(): Promise<void> {
    await this.#writing
  }

  async #put(text: string): Promise<void> {
    try {
      const line = `${text.slice(0, -1)},"time":"${new Date().toISOString()}"}\n`
      await replaceOwn(this.#path, line, false)
      this.#written = text
      this.#failed = false
    } catch (error) {
      if (!this.#failed) this.#onFailure(error)
      this.#failed = true
    }
  }
}
