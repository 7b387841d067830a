import type { Message } from '../../model/delivery.ts'
import type { Reading, RulesReading } from '../../model/reading.ts'
import type { Change } from './change.ts'
import { type DeedsState, withChange } from './deeds.ts'
import { type Difference, rulesChanged } from './tamper-alerts.ts'

/**
 * Milliseconds that a listing which differs waits for the records that say who changed it, by the times
 * of readings: the stream may lag behind them.
 */
const AUTHOR_MS = 15_000
/** Milliseconds of stream time without another change after which changes are told together. */
const QUIET_MS = 2000
/** Milliseconds of stream time that changes wait for a listing: a watcher lists every minute. */
const LISTED_MS = 90_000
/** Microseconds after a boot in which rules are being loaded. */
const LOADING_US = 180_000_000

/** The rules of a kernel, as they were listed. */
interface Listing {
  /** When, ms since the epoch. */
  readonly at: number
  readonly rules: readonly string[]
  readonly more: number
  readonly digest: string
}

/** The rules in the checkpoint. */
export interface RulesState {
  /** The last listing, and the boot it is of. */
  readonly boot: string
  readonly listing: Listing | null
  /** The listing before the first change that is not told. */
  readonly before: Listing | null
  /** Changes in the stream that are not told, and the stream's clock at the last of them. */
  readonly deeds: DeedsState | null
  readonly changedAt: number
}

/** What following the rules of a node needs. */
export interface RulesOptions {
  readonly node: string
  emitAlert(alert: Message): void
  /** Asks for a listing soon. */
  askRules(): void
}

const NOTHING: RulesState = {
  boot: '',
  listing: null,
  before: null,
  deeds: null,
  changedAt: 0,
}

/**
 * Follows the rules of one node: what a watcher lists, and the changes that its records tell. With a
 * watcher the difference of two listings is told together with who made it; without one the changes
 * alone are.
 */
export class Rules {
  readonly #options: RulesOptions
  #state: RulesState

  constructor(options: RulesOptions, state: RulesState = NOTHING) {
    this.#options = options
    this.#state = state
  }

  /** Takes a listing. */
  takeListing(reading: RulesReading): void {
    const { boot, time, monotonic_us: clock, rules, more, digest } = reading
    const { listing: last, before, deeds } = this.#state
    const listing = { at: Date.parse(time), rules, more, digest }
    const first = before ?? last
    const isOver = deeds !== null && deeds.to <= listing.at && last !== null
    const differs = first !== null && first.digest !== digest
    this.#set({ boot, listing, before: differs || isOver ? first : null })
    // What is loaded after a boot is compared with what there was before it, once all of it is.
    if (clock < LOADING_US) this.#set({ deeds: null })
    else if (isOver) this.#tell(listing.at)
  }

  /** A reading was taken: what waits for an author waits no longer after some time. */
  reach({ time, monotonic_us: clock }: Reading): void {
    const { before, listing } = this.#state
    if (before === null || listing === null || clock < LOADING_US) return
    if (Date.parse(time) - listing.at >= AUTHOR_MS) this.#tell(listing.at)
  }

  /** Takes a change that the stream tells; `clock` is the stream's. */
  takeChange(change: Change, stamp: number, clock: number): void {
    this.#set({ deeds: withChange(this.#state.deeds, change, stamp), changedAt: clock })
    this.#options.askRules()
  }

  /** The stream's clock is at `clock`: tells changes that are listed already, or that nobody lists. */
  tick(clock: number): void {
    const { deeds, changedAt, listing, before } = this.#state
    if (deeds === null || clock - changedAt < QUIET_MS) return
    const isListed = before !== null && listing !== null && deeds.to <= listing.at
    if (isListed || listing === null || clock - changedAt >= LISTED_MS) this.#tell(deeds.to)
  }

  /** The rules that have a key, as `auditctl -l` prints them; null where nobody lists them. */
  rulesOf(key: string): readonly string[] | null {
    return this.#state.listing?.rules.filter((rule) => keysOf(rule).includes(key)) ?? null
  }

  /** For the checkpoint. */
  state(): RulesState {
    return this.#state
  }

  #set(known: Partial<RulesState>): void {
    this.#state = { ...this.#state, ...known }
  }

  #tell(time: number): void {
    const { before, listing, deeds } = this.#state
    const { node } = this.#options
    const listed = before === null || listing === null ? null : differenceOf(before, listing)
    const from = deeds?.from ?? before?.at ?? time
    const to = Math.max(from, deeds?.to ?? time)
    this.#options.emitAlert(rulesChanged({ node, from, to, listed, deeds }))
    this.#set({ before: null, deeds: null })
  }
}

/** What two listings differ in. */
function differenceOf(before: Listing, after: Listing): Difference {
  const added = without(after.rules, before.rules)
  const gone = without(before.rules, after.rules)
  const isSame = added.length + gone.length === 0
  const moved = isSame && before.rules.some((rule, i) => after.rules[i] !== rule)
  const hidden = isSame && !moved && before.digest !== after.digest
  return { added, gone, moved, hidden, count: after.rules.length + after.more }
}

/** The rules of one list that are not in another, each as often as it is there more. */
function without(rules: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const rule of others) left.set(rule, (left.get(rule) ?? 0) + 1)
  return rules.filter((rule) => {
    const count = left.get(rule) ?? 0
    left.set(rule, count - 1)
    return count <= 0
  })
}

/** The keys of a rule: behind `-k` where it is a watch, else in fields of their own. */
function keysOf(rule: string): string[] {
  return Array.from(rule.matchAll(/ (?:-k |-F key=)(.+?)(?= -F |$)/g), ([, key]) => key)
}
