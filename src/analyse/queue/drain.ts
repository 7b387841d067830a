/**
 * Lag in ms from which the queues count as never empty: what scheduling, auditd and the shim's rests
 * between reads make of a stream that keeps up is less, and a full queue of 8,192 at 100,000 a second is more.
 */
export const BUSY_MS = 40

/**
 * Entries on the way below which nothing queues in the kernel: auditd's socket holds 216 short records
 * (net.core.rmem_default over the 2,304 bytes of an sk_buff trimmed to a slab of 2 KiB) and the plugin's
 * socket 228, as measured.
 */
export const BUSY_ENTRIES = 444

/** Milliseconds of busy time over which a measure counts for half, and that one needs at least. */
const HALF_LIFE_MS = 5000
const LEAST_MS = 500

/** The drain in the checkpoint. */
export interface DrainState {
  readonly entries: number
  readonly ms: number
  /** When the queues were last seen not to be empty; null when they were seen to be. */
  readonly since: number | null
}

/**
 * How many entries a second the stream can be drained at. Only what arrives while the queues are not
 * empty says so: a stream that keeps up says how much comes, not how much could.
 */
export class Drain {
  /** What arrived in busy time, and that time, both fading. */
  #entries: number
  #ms: number
  #since: number | null

  constructor(state?: DrainState) {
    this.#entries = state?.entries ?? 0
    this.#ms = state?.ms ?? 0
    this.#since = state?.since ?? null
  }

  /** Entries a second; null while too little was measured. */
  get rate(): number | null {
    return this.#ms < LEAST_MS ? null : (this.#entries / this.#ms) * 1000
  }

  /**
   * Takes that at clock `at` the stream lagged by so many ms, with `queued` entries on the way;
   * `arrived` gives how many arrived between two clocks.
   */
  take(
    at: number,
    lag: number,
    queued: number | null,
    arrived: (from: number, to: number) => number | null,
  ): void {
    const isBusy = lag >= BUSY_MS && queued !== null && queued >= BUSY_ENTRIES
    const since = this.#since
    this.#since = isBusy ? at : null
    if (!isBusy || since === null) return
    const entries = arrived(since, at)
    if (entries === null) return
    const kept = 2 ** (-(at - since) / HALF_LIFE_MS)
    this.#entries = this.#entries * kept + entries
    this.#ms = this.#ms * kept + at - since
  }

  /** For the checkpoint. */
  state(): DrainState {
    return { entries: this.#entries, ms: this.#ms, since: this.#since }
  }
}
