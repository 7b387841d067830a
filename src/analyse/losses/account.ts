import { blameOf, grownIn, meanOf, mostOf, type Seconds, type Share } from './blame.ts'
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
  /** How sure it is that they are theirs. */
  readonly byGrowth: boolean
  readonly grew: boolean
}

/** Whose it is. */
type Whose = Pick<Account, 'shares' | 'each' | 'byGrowth' | 'grew'>

const NOBODY: Whose = { shares: [], each: 0, byGrowth: false, grew: false }

/** What events lack that came through without their end. */
export interface Lack {
  readonly entries: number
  /** How many of the entries are records, and how many of these events that are over lack, which are counted. */
  readonly records: number
  readonly ofOver: number
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
  const whose =
    before ?? whoseOf(Math.floor(from / 1000), Math.floor(to / 1000), seconds, losses, torn.ofOver)
  const { shares, each } = whose
  const isLimited = cause === 'rate_limit'
  const events = isLimited ? gaps : losses - torn.entries + gaps
  // The kernel counts EOE as a record, which is none here.
  const records = isLimited ? (losses * each) / (each + 1) : events * each + torn.records
  return { ...whose, events, records: shares.length === 0 ? null : Math.round(records) }
}

/** The same as long as nobody knows whose they are. */
export function unnamed({ events }: Account): Account {
  return { ...NOBODY, events, records: null }
}

/**
 * Whose what is missing in the seconds from the first to the last is, and how many records an event of those has.
 * A burst refuses records of events that come through, too: those that are over lack so many, `lacking`, which count
 * as if they had come, by the same shares.
 */
function whoseOf(
  first: number,
  last: number,
  seconds: Seconds | null,
  losses: number,
  lacking: number,
): Whose {
  if (seconds === null) return NOBODY
  const usual = mostOf(seconds, first - USUAL_S, first)
  const which = grownIn(seconds, first, last + 1, usual)
  const { rates, counts, events } = meanOf(seconds, which)
  // What the kernel counts as lost has one entry at least.
  const blame = blameOf(rates, usual, events, losses / which.length)
  const each = blame.shares.reduce((sum, { key, share }) => {
    const made = counts.get(key)
    return made === undefined ? sum : sum + (share * (made.records + share * lacking)) / made.events
  }, 0)
  return { ...blame, each }
}
