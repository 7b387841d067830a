import { meanOf, mostOf, type Seconds, type Share, sharesOf } from './blame.ts'
import type { Cause } from './diagnosis.ts'

/** Seconds before a loss by which it is told what is usual. */
const USUAL_S = 7

/** What is missing because of a loss, as far as what came through tells. */
export interface Account {
  readonly events: number
  /** Records without EOE, as everywhere; null where nothing came through that tells. */
  readonly records: number | null
  /** Whose they are, the largest share first. */
  readonly shares: readonly Share[]
  /** Records of one of them, the mean. */
  readonly each: number
}

/** What events lack that came through without their end: entries, and how many of these are records. */
export interface Lack {
  readonly entries: number
  readonly records: number
}

/** A loss: its span in ms since the epoch, by how much the counter rose, serials that did not come, what torn events lack. */
export interface Loss {
  readonly from: number
  readonly to: number
  readonly losses: number
  readonly gaps: number
  readonly torn: Lack
  readonly cause: Cause
}

/**
 * How many events and records are missing, and whose. For a full queue the kernel counts an event that
 * it refuses as one, whatever records it would have had, and each record that it refuses of one that comes
 * through without; for a rate limit it counts records; what is
 * dropped behind the queue it does not count at all, but that has serials. The kernel refuses whoever
 * comes, so that the shares are those of what came through, where that is more than usual; what is only
 * known when its seconds are forgotten is shared as the loss `before` that it goes on.
 */
export function accountOf(
  { from, to, losses, gaps, torn, cause }: Loss,
  seconds: Seconds | null,
  before: Account | null = null,
): Account {
  const { shares, each } =
    before ?? whoseOf(Math.floor(from / 1000), Math.floor(to / 1000), seconds, torn.records)
  const isLimited = cause === 'rate_limit'
  const events = isLimited ? gaps : losses - torn.entries + gaps
  // The kernel counts EOE as a record, which is none here.
  const records = isLimited ? (losses * each) / (each + 1) : events * each + torn.records
  return { events, records: shares.length === 0 ? null : Math.round(records), shares, each }
}

/**
 * Whose what is missing in the seconds from the first to the last is, and how many records an event of those has.
 * A burst refuses records of events that come through, too: `lacking` of them, which count as if they had come, by
 * the same shares.
 */
function whoseOf(
  first: number,
  last: number,
  seconds: Seconds | null,
  lacking: number,
): Pick<Account, 'shares' | 'each'> {
  if (seconds === null) return { shares: [], each: 0 }
  const { rates, counts, events } = meanOf(seconds, first, last + 1)
  const shares = sharesOf(rates, mostOf(seconds, first - USUAL_S, first), events)
  const each = shares.reduce((sum, { key, share }) => {
    const made = counts.get(key)
    return made === undefined ? sum : sum + (share * (made.records + share * lacking)) / made.events
  }, 0)
  return { shares, each }
}
