import { BUSY_ENTRIES } from './drain.ts'

/** Lag in ms from which what is on the way says where it waits: in less a healthy auditd passes on any queue. */
const LAG_MS = 1000

/** Entries by which what is on the way may be told too high: arrivals are counted by the tenth of a second. */
const SLACK = 150

/** Milliseconds without an arrival after which nothing is on a way any more, however long it took before. */
const EMPTY_MS = 5000

/** Milliseconds for which it is remembered. */
const KEPT_MS = 15_000

/** Entries that were on the way as of a stamp, ms since the epoch. */
interface Way {
  readonly at: number
  readonly entries: number
}

/** What was on the way in the checkpoint. */
export interface BehindState {
  readonly ways: readonly Way[]
  readonly lags: boolean
  readonly arrived: number
}

/**
 * Where entries wait while the stream lags. The kernel keeps no more than its limit, and sockets some hundred:
 * what is on the way beyond that waits in auditd's queue for plugins, which only a slow plugin fills.
 */
export class Behind {
  #ways: readonly Way[]
  /** The newest stamp came through with a lag. */
  #lags: boolean
  /** When that was, ms since the epoch. */
  #arrived: number

  constructor(state?: BehindState) {
    this.#ways = state?.ways ?? []
    this.#lags = state?.lags ?? false
    this.#arrived = state?.arrived ?? 0
  }

  /** Takes that as of a stamp so many entries were on the way, which took so many ms. */
  take(at: number, lag: number, entries: number): void {
    this.#lags = lag >= LAG_MS
    this.#arrived = at + lag
    if (!this.#lags) return
    this.#ways = [...this.#ways.filter((way) => at - way.at <= KEPT_MS), { at, entries }]
  }

  /** What was made up to a time is still on a way that takes long; it is `now`. Both in ms since the epoch. */
  lacks(time: number, now: number): boolean {
    if (!this.#lags || now - this.#arrived >= EMPTY_MS) return false
    return (this.#ways.at(-1)?.at ?? time) < time
  }

  /** More than the kernel, with a limit of so many entries, and the sockets hold was on the way since a time. */
  isBehind(since: number, limit: number): boolean {
    return this.#ways.some(
      ({ at, entries }) => at >= since && entries > limit + BUSY_ENTRIES + SLACK,
    )
  }

  /** For the checkpoint. */
  state(): BehindState {
    return { ways: this.#ways, lags: this.#lags, arrived: this.#arrived }
  }
}
