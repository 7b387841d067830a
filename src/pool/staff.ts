import type { DecodePool } from './pool.ts'

/** Bytes of lag from which on workers are worth their start. */
const LAG_BYTES = 16 << 20
/** Milliseconds of low lag after which they are let go. */
const CALM_MS = 60_000

/**
 * How many workers a pool has: the number that was asked for, or as the lag of the stream asks.
 * Below some load one thread does it all: no worker to wake, nothing to wait for. One processor is
 * left to the main thread, but of two both are used: decoding takes four times as long as the rest, and
 * two workers there gave 0.72 M lines a second where one gave 0.53 M and none 0.49 M.
 */
export class Staff {
  readonly #pool: DecodePool
  readonly #auto: boolean
  readonly #most: number
  #lastHigh = 0

  /** @param cores processors this process may use */
  constructor(pool: DecodePool, workers: number | 'auto', cores: number) {
    this.#pool = pool
    this.#auto = workers === 'auto'
    this.#most = workers === 'auto' ? Math.max(Math.min(2, cores), cores - 1) : workers
  }

  /** Workers at most. */
  get most(): number {
    return this.#most
  }

  /** Batches that keep all of them busy while the oldest is stitched and delivered. */
  get slots(): number {
    return this.#most * 2 + 2
  }

  /** Looks at the lag, in bytes, at `now`, in ms of any clock that does not jump. */
  async look(lag: number, now: number): Promise<void> {
    if (!this.#auto) return this.#pool.resize(this.#most)
    if (lag > LAG_BYTES) this.#lastHigh = now
    if (lag > LAG_BYTES) await this.#pool.resize(this.#most)
    else if (this.#pool.workers > 0 && now - this.#lastHigh > CALM_MS) await this.#pool.resize(0)
  }
}
