import { BUSY_ENTRIES, BUSY_MS } from './drain.ts'
import type { Span } from './stages.ts'
import { type Point, secondsTo, type Trend, trendsOf } from './trend.ts'

/** Milliseconds of growth that a trend is made of at most, and at least. */
const FIT_MS = 12_000
const LEAST_MS = 1500
/** A trend is believed for so many times as long as it was seen. */
const REACH = 5
/** Deviations of what strays from a trend that the interval has room for: those of 19 of 20 cases. */
const ROOM = 2
/** Times the bend of a trend that grows more and more for how soon it may be: it may do so by parts and not evenly. */
const FASTER = 1.5
/** Seconds to the overflow from which it is told: as far ahead as a trend is seen back at most. */
const SOON = FIT_MS / 1000
/** Milliseconds for which an overflow must be foreseen before it is told, and not be before it is withdrawn. */
const OPEN_MS = 500
const CALM_MS = 3000
/** Milliseconds between two that follow each other, and the part by which the second differs. */
const FOLLOW_MS = 5000
const DIFFERS = 0.3
/** Part of the limit from which the queue counts as full. */
const FULL = 0.95

/** What the stream shows at one moment. Clocks in ms of the stream. */
export interface Sight {
  /** When it was seen, and the stamp of which it is. */
  readonly now: number
  readonly at: number
  /** Entries on the way from the kernel to the shim. */
  readonly way: number
  readonly held: Span
  readonly backlog: Span
  /** auditd's socket was filling; null where no reading tells. */
  readonly isFilling: boolean | null
  readonly limit: number
}

/** When the kernel's queue reaches its limit, by how it grows. */
export interface Prediction {
  /** Clock of the stream, and seconds from then; `high` is null where it may never be. */
  readonly now: number
  readonly seconds: { readonly low: number; readonly likely: number; readonly high: number | null }
  /** Entries a second by which the queue grows. */
  readonly growth: number
}

/** A forecast begins, changes, or ends. */
export type Change = 'open' | 'follow' | 'withdraw'

/** A forecast that was told. */
interface Told {
  readonly since: number
  readonly told: Prediction
}

/** The forecast in the checkpoint. */
export interface ForecastState {
  readonly points: readonly Point[]
  readonly foreseenSince: number | null
  readonly foreseenAt: number
  readonly open: Told | null
  readonly prediction: Prediction | null
}

/** Foresees when the kernel's queue overflows, from how what is on the way grows. */
export class Forecast {
  #points: Point[]
  /** Since when and until when an overflow is foreseen without a break. */
  #foreseenSince: number | null
  #foreseenAt: number
  #open: Told | null
  #prediction: Prediction | null

  constructor(state?: ForecastState) {
    this.#points = [...(state?.points ?? [])]
    this.#foreseenSince = state?.foreseenSince ?? null
    this.#foreseenAt = state?.foreseenAt ?? 0
    this.#open = state?.open ?? null
    this.#prediction = state?.prediction ?? null
  }

  /** What is foreseen now; null where nothing is told. */
  get prediction(): Prediction | null {
    return this.#open === null ? null : this.#prediction
  }

  /** Since when something is foreseen, by the stream's clock; null where nothing is told. */
  get since(): number | null {
    return this.#open?.since ?? null
  }

  /** Takes what the stream shows; gives what is to be told. */
  take(sight: Sight): Change | null {
    this.#keep(sight)
    const prediction = this.#predict(sight)
    if (prediction === null) return this.pass(sight.now)
    this.#prediction = prediction
    this.#foreseenSince ??= sight.now
    this.#foreseenAt = sight.now
    if (this.#open === null) {
      if (sight.now - this.#foreseenSince < OPEN_MS) return null
      this.#open = { since: sight.now, told: prediction }
      return 'open'
    }
    if (!this.#differs(this.#open.told, prediction)) return null
    this.#open = { ...this.#open, told: prediction }
    return 'follow'
  }

  /** The clock is at `now`, and nothing is foreseen; gives what is to be told: what is open until `close`. */
  pass(now: number): Change | null {
    if (this.#open === null) this.#foreseenSince = null
    if (now - this.#foreseenAt < CALM_MS) return null
    this.#foreseenSince = null
    return this.#open === null ? null : 'withdraw'
  }

  /** It is told that nothing is foreseen any more. */
  close(): void {
    this.#open = null
  }

  /** For the checkpoint. */
  state(): ForecastState {
    return {
      points: this.#points,
      foreseenSince: this.#foreseenSince,
      foreseenAt: this.#foreseenAt,
      open: this.#open,
      prediction: this.#prediction,
    }
  }

  /** Only what queues has a trend: of a stream that keeps up nothing follows. */
  #keep({ now, at, way }: Sight): void {
    if (now - at < BUSY_MS || way < BUSY_ENTRIES) this.#points = []
    else if (at > (this.#points.at(-1)?.at ?? 0)) this.#points.push({ at, value: way })
    this.#points = this.#points.filter((point) => at - point.at <= FIT_MS)
  }

  #predict(sight: Sight): Prediction | null {
    const { now, at, held, backlog, isFilling, limit } = sight
    // What may all lie behind the kernel's queue says nothing of it.
    if (limit === 0 || (backlog.low === 0 && isFilling !== true)) return null
    const trends = trendsOf(this.#points)
    if (trends === null) return null
    const { best, all, stray } = trends
    const growth = Math.round(best.slope)
    if (backlog.likely >= FULL * limit)
      return { now, seconds: { low: 0, likely: 0, high: 0 }, growth }
    const seenMs = at - this.#points[0].at
    const passed = (now - at) / 1000
    const until = (trend: Trend, behind: number): number | null => {
      const seconds = secondsTo(trend, limit + behind)
      return seconds === null ? null : Math.max(0, seconds - passed)
    }
    const likely = until(best, held.likely)
    if (likely === null || seenMs < LEAST_MS || likely * 1000 > REACH * seenMs) return null
    // What is further off is told when it is nearer: its rate may have become another by then.
    if (this.#open === null && likely > SOON) return null
    // What is too much in one second adds to that of the next: by the root of the seconds to come, and in the slope by
    // that of those seen.
    const faster = { ...best, bend: FASTER * Math.max(0, best.bend) }
    const room = ROOM * stray * Math.sqrt(likely + likely ** 2 / best.seen)
    const early = [...all, faster]
      .map((trend) => until(trend, held.low - room))
      .filter((one) => one !== null)
    const late = all.map((trend) => until(trend, held.high + room))
    const high = late.includes(null) ? null : Math.max(likely, ...late.map(Number))
    return { now, seconds: { low: Math.min(likely, ...early), likely, high }, growth }
  }

  #differs(told: Prediction, found: Prediction): boolean {
    if (found.seconds.likely === 0) return told.seconds.likely > 0
    const passed = found.now - told.now
    if (passed < FOLLOW_MS) return false
    const expected = Math.max(0, told.seconds.likely - passed / 1000)
    return Math.abs(found.seconds.likely - expected) > DIFFERS * Math.max(1, expected)
  }
}
