import type { Message } from '../../model/delivery.ts'
import { rounded } from '../counts/figures.ts'
import type { KeyTally } from '../counts/keys.ts'

/** Keys that the evidence of an alert names. */
const MOST_SHARES = 5

/** What one rule key made of something, 0 to 1, and how far that may be off. */
export interface Share {
  readonly key: string
  readonly share: number
  /** Half of the interval in which it lies in 19 of 20 cases. */
  readonly error: number
}

/** What rule keys made in some seconds, by key: a second's mean each. */
export type Rates = ReadonlyMap<string, number>

/** What is usual of a rule key: the most entries that it made in a second, and by how many more it may by chance. */
export interface Most {
  readonly entries: number
  readonly chance: number
}

const NONE: Most = { entries: 0, chance: 0 }

/** Part of what was made that growth must be to say who caused it; else it is what is usual that does. */
const GREW = 0.2
/** Standard errors of an interval that holds in 19 of 20 cases. */
const SURE = 1.96
/** Standard errors of a count of events that growth must exceed: a key that goes on makes now more, now less. */
const BY_CHANCE = 3

/** Whose something is. */
export interface Blame {
  /** The largest share first. */
  readonly shares: Share[]
  /** What grew says so; else what is usual. */
  readonly byGrowth: boolean
  /** Some keys grew by more than chance, whether by enough to say so or not. */
  readonly grew: boolean
}

/**
 * Who made what is too much. Where the keys make more than usual it is those
 * that grew by more than chance, by how much; where they do not, each by what it makes. `seen` is how many
 * things were counted: of few the shares are uncertain. `refused` is how many entries more were made at least,
 * of which nothing came: where these and what came are more than usual, the keys that are seen to grow made them.
 */
export function blameOf(
  rates: Rates,
  usual: ReadonlyMap<string, Most>,
  seen: number,
  refused = 0,
): Blame {
  const all = sum(rates.values())
  const grown = new Map(
    Array.from(rates, ([key, rate]) => [key, growthOf(rate, usual.get(key) ?? NONE)]),
  )
  const more = sum(grown.values())
  const before = sum(Array.from(usual.values(), ({ entries }) => entries))
  const made = all + refused
  const grew = more > 0
  const byGrowth = grew && Math.max(more / all, (made - before) / made) >= GREW
  const [parts, total] = byGrowth ? [grown, more] : [rates, all]
  const shares = Array.from(parts, ([key, part]) =>
    shareOf(key, part / total, seen * (total / all)),
  )
    .filter(({ share }) => share > 0)
    .toSorted((a, b) => b.share - a.share)
  return { shares, byGrowth, grew }
}

function growthOf(rate: number, { entries, chance }: Most): number {
  return rate > entries + chance ? rate - entries : 0
}

/** The interval of Agresti and Coull for a share of `n` things. */
function shareOf(key: string, share: number, n: number): Share {
  const more = n + SURE * SURE
  const middle = (share * n + (SURE * SURE) / 2) / more
  const half = SURE * Math.sqrt((middle * (1 - middle)) / more)
  return { key, share, error: Math.abs(middle - share) + half }
}

/** Seconds whose growth counts, and the seconds before them that it is growth against. */
const GROWTH_S = 3
const USUAL_S = 7

/** Where the keys of each second are known for a while. */
export interface Seconds {
  /** What each key made in a second; null where that is not known any more. */
  tallyOf(second: number): readonly KeyTally[] | null
}

/** Who makes more entries up to a time, in ms since the epoch, than in the seconds before. */
export function growthAt(seconds: Seconds | null, time: number): Share[] {
  const end = Math.floor(time / 1000)
  return growthIn(seconds, end - GROWTH_S, end)
}

/** Who makes more entries in the seconds `from … end` than in those before. */
export function growthIn(seconds: Seconds | null, from: number, end: number): Share[] {
  if (seconds === null) return []
  const grown = meanOf(seconds, range(from, end))
  return blameOf(grown.rates, mostOf(seconds, from - USUAL_S, from), grown.events).shares
}

/** The seconds `from … end` in which some key makes more than usual, by more than chance; all where there is none. */
export function grownIn(
  seconds: Seconds,
  from: number,
  end: number,
  usual: ReadonlyMap<string, Most>,
): readonly number[] {
  const grows = ({ key, entries }: KeyTally): boolean =>
    growthOf(entries, usual.get(key) ?? NONE) > 0
  const all = range(from, end)
  const grown = all.filter((second) => seconds.tallyOf(second)?.some(grows))
  return grown.length > 0 ? grown : all
}

function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i)
}

/** The most that each key made in one of the seconds `from … to`: what is usual of it. */
export function mostOf(seconds: Seconds, from: number, to: number): ReadonlyMap<string, Most> {
  const most = new Map<string, Most>()
  for (let second = from; second < to; second++)
    for (const { key, entries, events } of seconds.tallyOf(second) ?? [])
      if (entries > (most.get(key)?.entries ?? 0))
        most.set(key, { entries, chance: (BY_CHANCE * entries) / Math.sqrt(events) })
  return most
}

/** What the keys made in some seconds. */
export interface Made {
  /** Entries by key, a second's mean. */
  readonly rates: Rates
  /** Events and records by key. */
  readonly counts: ReadonlyMap<string, { readonly events: number; readonly records: number }>
  /** Events of all. */
  readonly events: number
}

/** What the keys made in some seconds, as far as these are known. */
export function meanOf(seconds: Seconds, which: readonly number[]): Made {
  const sums = new Map<string, { entries: number; events: number; records: number }>()
  for (const second of which)
    for (const { key, entries, events, records } of seconds.tallyOf(second) ?? []) {
      const made = sums.get(key) ?? { entries: 0, events: 0, records: 0 }
      made.entries += entries
      made.events += events
      made.records += records
      sums.set(key, made)
    }
  return {
    rates: new Map(Array.from(sums, ([key, { entries }]) => [key, entries / which.length])),
    counts: sums,
    events: sum(Array.from(sums.values(), ({ events }) => events)),
  }
}

/** Shares as evidence has them. */
export function sharesText(shares: readonly Share[]): Message[] {
  return shares.slice(0, MOST_SHARES).map(({ key, share, error }) => ({
    key,
    share: rounded(share),
    error: rounded(error),
  }))
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
