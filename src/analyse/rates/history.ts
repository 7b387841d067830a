import type { WindowStatus } from '../../model/status.ts'
import { perSecond } from '../counts/figures.ts'
import { TOTAL } from '../counts/keys.ts'
import { Sum, type Sums } from '../counts/sums.ts'

/** Rows with a history: the total and the keys that came first. Rule files have tens of keys. */
const MOST_ROWS = 256

/** The rings of buckets: seconds of one, and how many: one more than the longest window told from them takes. */
const RINGS = [
  { seconds: 10, count: 8 },
  { seconds: 60, count: 16 },
] as const

/** Classes of a second's entries: none, then three to an octave, so that a percentile is right to an eighth. */
const CLASSES = 64
const PER_OCTAVE = 3

/** The windows that rates are told over, in seconds. */
export const WINDOWS = [1, 10, 60, 900] as const

/** Some seconds of a row in a row. */
interface Bucket {
  /** First second; NaN for an empty one. */
  from: number
  events: number
  entries: number
  bytes: number
  peak: number
  /** Seconds by the class of their entries, those without any left out. */
  readonly classes: Uint16Array
}

/** A bucket in the checkpoint: the row, which ring, its first second, the sums, then classes and their counts. */
type BucketState = readonly number[]

/** The history in the checkpoint. */
export interface HistoryState {
  readonly since: number | null
  readonly buckets: readonly BucketState[]
}

/**
 * How the rates of one node's keys were over the last quarter of an hour: closed seconds in buckets of ten and of
 * sixty seconds, which are used again in turn.
 *
 * ```
 *  … │ 60 s │ 60 s │ 10 s │ 10 s │ 10 s │ s │ s │ s │ now       buckets of closed seconds, then open seconds
 * ```
 */
export class History {
  readonly #rows: (readonly Bucket[][])[] = []
  /** First second that counts, null before time begins. */
  #since: number | null

  constructor(state?: HistoryState) {
    this.#since = state?.since ?? null
    for (const [row, ring, from, events, entries, bytes, peak, ...classes] of state?.buckets ??
      []) {
      const bucket = this.#at(row, ring, from)
      Object.assign(bucket, { events, entries, bytes, peak })
      for (let i = 0; i < classes.length; i += 2) bucket.classes[classes[i]] = classes[i + 1]
    }
  }

  /** Time begins in the given second: what was before it is forgotten. */
  begin(second: number): void {
    this.#rows.length = 0
    this.#since = second
  }

  /** Adds a closed second, whose sums have `count` rows. */
  add(second: number, sums: Sums, count: number): void {
    for (let row = TOTAL; row < Math.min(count, MOST_ROWS); row++) {
      if (sums.get(row, Sum.Entries) === 0) continue
      for (let ring = 0; ring < RINGS.length; ring++)
        addSecond(this.#at(row, ring, second), sums, row)
    }
  }

  /**
   * Rates of a row over each window up to `end`, the seconds from `closed` on being open: `open` gives their
   * sums, null for one without. Null for a row without a history.
   */
  rates(
    row: number,
    closed: number,
    end: number,
    open: (second: number) => Sums | null,
  ): readonly WindowStatus[] | null {
    if (this.#since === null || row >= MOST_ROWS) return null
    const since = this.#since
    return WINDOWS.map((length) => {
      const from = Math.max(since, end - length)
      const { sum, start } = this.#closed(row, from, closed)
      for (let second = Math.max(from, closed); second < end; second++) {
        const sums = open(second)
        if (sums !== null) addSecond(sum, sums, row)
      }
      return ratesOf(sum, Math.max(1, end - Math.max(since, start)))
    })
  }

  /**
   * Entries of a row over the last `length` seconds, without all else that `rates` tells; NaN for a row without a
   * history.
   */
  entries(
    row: number,
    length: number,
    closed: number,
    end: number,
    open: (second: number) => Sums | null,
  ): number {
    if (this.#since === null || row >= MOST_ROWS) return Number.NaN
    const from = Math.max(this.#since, end - length)
    let entries = 0
    if (from < closed)
      for (const bucket of this.#buckets(row, from, closed).of) entries += bucket.entries
    for (let second = Math.max(from, closed); second < end; second++)
      entries += open(second)?.get(row, Sum.Entries) ?? 0
    return entries
  }

  /** For the checkpoint. */
  state(): HistoryState {
    const buckets: BucketState[] = []
    for (const [row, rings] of this.#rows.entries())
      for (const [ring, of] of (rings ?? []).entries())
        for (const { from, events, entries, bytes, peak, classes } of of) {
          if (Number.isNaN(from)) continue
          const found: number[] = []
          for (let one = 0; one < CLASSES; one++)
            if (classes[one] > 0) found.push(one, classes[one])
          buckets.push([row, ring, from, events, entries, bytes, peak, ...found])
        }
    return { since: this.#since, buckets }
  }

  /** Sums of the closed seconds from `from` on, and from when on they are: buckets are taken as a whole. */
  #closed(row: number, from: number, closed: number): { sum: Bucket; start: number } {
    const sum = emptyBucket()
    if (from >= closed) return { sum, start: from }
    const { of, start } = this.#buckets(row, from, closed)
    for (const bucket of of) addBucket(sum, bucket)
    return { sum, start }
  }

  /** The buckets with the closed seconds from `from` on, and when the first of them begins. */
  #buckets(row: number, from: number, closed: number): { of: Bucket[]; start: number } {
    const ring = RINGS.findIndex(({ seconds, count }) => closed - from <= seconds * (count - 1))
    const { seconds } = RINGS[ring]
    const start = Math.floor(from / seconds) * seconds
    const of = (this.#rows[row]?.[ring] ?? []).filter((bucket) => bucket.from >= start)
    return { of, start }
  }

  /** The bucket of a second in a ring. */
  #at(row: number, ring: number, second: number): Bucket {
    const rings = (this.#rows[row] ??= RINGS.map(({ count }) =>
      Array.from({ length: count }, emptyBucket),
    ))
    const { seconds, count } = RINGS[ring]
    const number = Math.floor(second / seconds)
    // Stamps may lie before 1970.
    const bucket = rings[ring][((number % count) + count) % count]
    if (bucket.from !== number * seconds) {
      Object.assign(bucket, { from: number * seconds, events: 0, entries: 0, bytes: 0, peak: 0 })
      bucket.classes.fill(0)
    }
    return bucket
  }
}

function emptyBucket(): Bucket {
  const classes = new Uint16Array(CLASSES)
  return { from: Number.NaN, events: 0, entries: 0, bytes: 0, peak: 0, classes }
}

function addBucket(sum: Bucket, { events, entries, bytes, peak, classes }: Bucket): void {
  if (entries === 0) return
  sum.events += events
  sum.entries += entries
  sum.bytes += bytes
  sum.peak = Math.max(sum.peak, peak)
  // No second had more than the peak.
  const last = classOf(peak)
  for (let one = 1; one <= last; one++) sum.classes[one] += classes[one]
}

function addSecond(sum: Bucket, sums: Sums, row: number): void {
  const entries = sums.get(row, Sum.Entries)
  if (entries === 0) return
  sum.events += sums.get(row, Sum.Events)
  sum.entries += entries
  sum.bytes += sums.get(row, Sum.Bytes)
  sum.peak = Math.max(sum.peak, entries)
  sum.classes[classOf(entries)]++
}

function ratesOf({ events, entries, bytes, peak, classes }: Bucket, seconds: number): WindowStatus {
  const percentile = (share: number): number => percentileOf(classes, seconds, share, peak)
  return {
    seconds,
    events_per_s: perSecond(events, seconds),
    entries_per_s: perSecond(entries, seconds),
    bytes_per_s: perSecond(bytes, seconds),
    peak_entries_per_s: peak,
    p50_entries_per_s: percentile(0.5),
    p95_entries_per_s: percentile(0.95),
    p99_entries_per_s: percentile(0.99),
  }
}

/** The class of a second with so many entries, at least one. */
function classOf(entries: number): number {
  return Math.min(CLASSES - 1, 1 + Math.round(PER_OCTAVE * Math.log2(entries)))
}

/** Entries that a share of so many seconds does not exceed, those without any included. */
function percentileOf(classes: Uint16Array, seconds: number, share: number, peak: number): number {
  let left = Math.ceil(share * seconds)
  let busy = 0
  for (const count of classes) busy += count
  left -= Math.max(0, seconds - busy)
  if (left <= 0) return 0
  let one = 0
  while (left > classes[one]) left -= classes[one++]
  return Math.min(peak, Math.round(2 ** ((one - 1) / PER_OCTAVE)))
}
