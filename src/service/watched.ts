import type { Log } from '../log.ts'
import type { Reading } from '../model/reading.ts'
import { type Presence, ReadingsReader } from '../watch/readings-reader.ts'

/** What is needed to follow a watcher. */
export interface WatchedOptions {
  /** The file of readings. */
  readonly file: string
  readonly log: Log
  /** Takes the readings in order. */
  readonly take: (reading: Reading) => void
}

const SAID: Readonly<Record<Exclude<Presence, 'there'>, string>> = {
  missing: 'no watcher has written readings: what the kernel loses is not known',
  refused: 'the readings of the watcher cannot be read: what the kernel loses is not known',
}

/** Follows the readings of `spillway watch`, and says once when there are none. */
export class Watched {
  readonly #options: WatchedOptions
  readonly #reader: ReadingsReader
  #presence: Presence = 'there'
  #bad = 0

  constructor(options: WatchedOptions) {
    this.#options = options
    this.#reader = new ReadingsReader(options.file)
  }

  /** Takes what has come since the last look; the first one is before the first block, so that what is known counts for it. */
  look(): void {
    const { file, log, take } = this.#options
    const { readings, presence } = this.#reader.look()
    for (const reading of readings) take(reading)
    if (presence !== this.#presence && presence !== 'there') log.info({ file }, SAID[presence])
    this.#presence = presence
    const { bad } = this.#reader
    if (bad > 0 && this.#bad === 0) log.warn({ file }, 'lines of the watcher are no readings')
    this.#bad = bad
  }

  close(): void {
    this.#reader.close()
  }
}
