import type { Account, Lack } from './account.ts'
import type { Before } from './finding.ts'
import type { LossFigures } from './kernel-alerts.ts'
import { Signs, type SignsState } from './signs.ts'

/** A rise of the kernel's counter of losses, between two readings. */
export interface Rise {
  /** When the counter was read before, ms since the epoch. */
  readonly from: number
  /** When it was read as it is now. */
  readonly to: number
  readonly losses: number
}

/** A loss that was told. */
export interface Told extends Before {
  readonly account: Account
}

/** Losses that are to be told. */
export interface Untold extends Rise {
  /** When the first of them was read. */
  readonly since: number
  /** A status counted them; a line of the kernel log counts those up to the one that it is printed for. */
  readonly isCounted: boolean
}

/** What readings say of a loss that is told, and what was known when it was read. */
export interface Case
  extends Untold,
    Pick<LossFigures, 'node' | 'lost' | 'backlogLimit' | 'rateLimit' | 'reasons' | 'foreseen'> {
  /** What was told last before it. */
  readonly before: Told | null
  /** What torn events lacked then. */
  readonly torn: Lack
}

/** What is known of the kernel, as a JSON value for the checkpoint. */
export interface KernelState {
  readonly boot: string
  /** `monotonic_us` of the last reading, and its time in ms since the epoch. */
  readonly clock: number
  readonly time: number
  readonly backlog: number | null
  readonly backlogLimit: number | null
  readonly rateLimit: number | null
  readonly lost: number | null
  /** When `lost` was last read. */
  readonly lostAt: number
  /** Time of the reading that showed a reset, until its record has come; missing where none did. */
  readonly resetAt?: number | null
  /** The reset of which a record told last: when, and the most that was counted before it; missing where none did. */
  readonly wiped?: { readonly at: number; readonly most: number } | null
  readonly rises: readonly Rise[]
  /** Losses that are to be told, and when some were told last. */
  readonly untold: Untold | null
  readonly toldAt: number
  /** How many times since it was calm, and what was told last. */
  readonly times: number
  readonly told: Told | null
  /** Those that were told before the stream had come to them, the oldest first. */
  readonly owed: readonly Case[]
  /** What torn events lacked when nothing was lost last, or what was lost was told. */
  readonly torn: Lack
  /** Reasons of the kernel log since then. */
  readonly reasons: readonly string[]
  readonly signs: SignsState
}

/** No event was torn. */
export const NOT_TORN: Lack = { entries: 0, records: 0, ofOver: 0 }

/** What is known before the first reading. */
export const NOTHING: KernelState = {
  boot: '',
  clock: -1,
  time: 0,
  backlog: null,
  backlogLimit: null,
  rateLimit: null,
  lost: null,
  lostAt: 0,
  rises: [],
  untold: null,
  toldAt: 0,
  times: 0,
  told: null,
  owed: [],
  torn: NOT_TORN,
  reasons: [],
  signs: new Signs().state(),
}
