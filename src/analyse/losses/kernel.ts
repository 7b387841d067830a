import type { Message } from '../../model/delivery.ts'
import type { KernelLogReading, Reading, StatusReading } from '../../model/reading.ts'
import { type Account, accountOf, type Lack, type Loss, unnamed } from './account.ts'
import type { Seconds } from './blame.ts'
import { type Cause, diagnose } from './diagnosis.ts'
import { type Found, findCause, type StreamView } from './finding.ts'
import { eventsLost, REASONS } from './kernel-alerts.ts'
import { type Case, type KernelState, NOT_TORN, NOTHING, type Untold } from './kernel-state.ts'
import { lostReset, type Reset } from './reset-alert.ts'
import { Signs } from './signs.ts'

/** Milliseconds over which losses are told together, once some were told so many times: a burst may be read in two. */
const TOGETHER_MS = 10_000
const AT_ONCE = 2
/** Milliseconds for which the seconds of a loss, and those before it, are surely known. */
const KNOWN_MS = 50_000
/** Milliseconds after a loss was read first in which what was made with it has been made. */
const SPREAD_MS = 500
/** Milliseconds after which it is told all the same, though the stream has not come to it. */
const UNSEEN_MS = 2000
/** Losses of which it is still to be told whose they are, at most: the stream may stand still for long. */
const MOST_OWED = 10
/** Milliseconds between two looks of a watcher at the kernel log, twice what it means to: a busy machine keeps it. */
const LOOK_MS = 1000
/** Milliseconds in which all is read that a watcher reads at a look. */
const ONE_LOOK_MS = 250
/** Milliseconds around a gap in which what is read tells its cause: a status comes every ten seconds. */
const NEAR_MS = 10_000
/** Milliseconds for which auditd's queue may overflow again without a word: auditd says so five times. */
const MUTED_MS = 600_000
/** Rises of the counter that are remembered for rows that are still to come. */
const MAX_RISES = 1000
/** `lost` is an unsigned counter of 32 bits: a fall by less than half of it is a reset, else a wrap. */
const HALF = 2 ** 31

/** What is known of a loss. */
interface Known {
  readonly loss: Loss
  readonly account: Account
}

/** The kernel's figures for an interval; null where no reading tells. */
export interface KernelFigures {
  /** The kernel's counter of losses, and by how much it rose within the interval. */
  readonly lost: number | null
  readonly lostDelta: number | null
  readonly backlog: number | null
  readonly backlogLimit: number | null
}

/** What following the kernel needs. */
export interface KernelOptions extends StreamView {
  /** The host whose kernel it is. */
  readonly node: string
  /** What events lack that came without their end, since the beginning. */
  torn(): Lack
  /** What the keys of each second made. */
  seconds(): Seconds | null
  /** When the overflow that is foreseen was told first, ms since the epoch; null where none is. */
  foreseen(): number | null
  /** Takes one alert. */
  emitAlert(alert: Message): void
}

/**
 * Follows what a watcher reads off the kernel: how many losses it counted and when. A reading that was taken before is
 * passed over, so that a file of readings may be read again from its beginning.
 */
export class Kernel {
  readonly #options: KernelOptions
  #state: KernelState
  #signs: Signs

  constructor(options: KernelOptions, state: KernelState = NOTHING) {
    this.#options = options
    this.#state = state
    this.#signs = new Signs(state.signs)
  }

  /** Takes the next reading. */
  take(reading: Reading): void {
    const { boot, monotonic_us: clock } = reading
    if (boot === this.#state.boot && clock <= this.#state.clock) return
    // A kernel that was booted counts from zero; the rises of the one before still belong to rows.
    if (boot !== this.#state.boot) {
      this.#state = { ...NOTHING, boot, rises: this.#state.rises }
      this.#signs = new Signs()
    }
    this.#set({ clock, time: Date.parse(reading.time) })
    if (reading.kind === 'status') this.#takeStatus(reading)
    if (reading.kind === 'kmsg') this.#takeNote(reading)
    this.#signs.take(reading)
    this.reach(this.#state.time)
  }

  /**
   * A record says that the counter was set back. What was lost between the last reading and that stands in
   * no reading. A reading that shows the reset may have come already, and those of before it may still come.
   */
  reset(reset: Reset): void {
    const { lost, lostAt, time, resetAt = null } = this.#state
    const { node } = this.#options
    const isRead = lost === null || reset.at <= lostAt
    this.#options.emitAlert(lostReset(node, reset, (isRead ? resetAt : null) ?? reset.at))
    this.#set({ resetAt: null })
    if (isRead) return
    this.#set({ time: Math.max(time, reset.at) })
    if ((reset.before - lost) >>> 0 < HALF) this.#count(reset.before, true)
    this.#set({ lost: reset.lost, wiped: { at: reset.at, most: Math.max(lost, reset.before) } })
  }

  /** It is `time` now, ms since the epoch: tells what was lost, unless something was told just before. */
  reach(time: number): void {
    this.#settle(time)
    const { untold, toldAt, times } = this.#state
    if (untold === null) return
    const isCalm = Math.abs(time - toldAt) >= TOGETHER_MS
    if (!isCalm && times >= AT_ONCE) return
    const one = this.#caseOf(untold)
    const found = this.#find(one, time)
    if (time - untold.since < found.waitMs) return
    const known = this.#reckon(one, found, time)
    const isSettled = known.account.byGrowth || this.#isIn(untold)
    if (!isSettled && time - untold.since < UNSEEN_MS) return
    const account = this.#tell(one, known, isSettled)
    const { owed } = this.#state
    this.#set({
      untold: null,
      toldAt: time,
      reasons: [],
      times: isCalm ? 1 : times + 1,
      told: { to: untold.to, since: found.since, until: found.until, account },
      torn: known.loss.torn === NOT_TORN ? one.torn : this.#options.torn(),
      owed: isSettled ? owed : [...owed, one].slice(-MOST_OWED),
    })
  }

  /** The limit of the kernel's queue as it was last read, 0 for none; null where it never was. */
  get backlogLimit(): number | null {
    return this.#state.backlogLimit
  }

  /** What holds for the time from `from` to `to`, ms since the epoch. */
  figures(from: number, to: number): KernelFigures {
    const { time, lost, backlog, backlogLimit, rises } = this.#state
    if (time < from) return { lost: null, lostDelta: null, backlog: null, backlogLimit: null }
    const within = rises.filter((rise) => rise.to >= from && rise.to < to)
    const sum = within.reduce((losses, rise) => losses + rise.losses, 0)
    return { lost, lostDelta: lost === null ? null : sum, backlog, backlogLimit }
  }

  /** Why serials did not come from one time to another, ms since the epoch; null where no reading tells. */
  causeOf(from: number, to: number): Cause | null {
    const { boot, rises } = this.#state
    if (boot === '') return null
    const signs = new Map(this.#signs.between(from - NEAR_MS, to + NEAR_MS))
    if (this.#signs.between(from - MUTED_MS, to).has('queue-full')) signs.set('queue-full', 1)
    const losses = rises
      .filter((rise) => rise.from <= to && rise.to >= from)
      .reduce((sum, rise) => sum + rise.losses, 0)
    // They are told when they surely do not come any more, however few they are.
    return diagnose({ losses, gaps: Number.POSITIVE_INFINITY, isBehind: false, signs })
  }

  /** All that a later one needs to go on from here. */
  state(): KernelState {
    return { ...this.#state, signs: this.#signs.state() }
  }

  #set(known: Partial<KernelState>): void {
    this.#state = { ...this.#state, ...known }
  }

  #takeStatus(status: StatusReading): void {
    const { backlog, backlog_limit: backlogLimit, rate_limit: rateLimit } = status
    const { node } = this.#options
    const { lost } = this.#state
    this.#set({ backlog, backlogLimit, rateLimit })
    if (status.lost === null || this.#isWiped(status.lost)) return
    if (lost !== null && status.lost < lost && lost - status.lost < HALF) {
      const reset = { at: this.#state.time, before: lost, lost: status.lost, by: null }
      this.#options.emitAlert(lostReset(node, reset))
      this.#set({ lost: 0, resetAt: reset.at })
    }
    this.#count(status.lost, true)
  }

  #takeNote(note: KernelLogReading): void {
    const reason = REASONS[note.says]
    const { lost, reasons } = this.#state
    if (reason !== undefined && !reasons.includes(reason))
      this.#set({ reasons: [...reasons, reason] })
    if (note.says !== 'lost') return
    this.#set({ backlogLimit: note.backlog_limit, rateLimit: note.rate_limit })
    if (this.#isWiped(note.lost)) return
    // A line is often read after a status that is newer, so that a lower count in one is no reset.
    if (lost !== null && (note.lost - lost) >>> 0 >= HALF) return
    // The first line is printed for a loss, the one that it counts last.
    if (lost === null && note.lost > 0)
      this.#set({ lost: note.lost - 1, lostAt: this.#state.time - LOOK_MS })
    this.#count(note.lost, false)
  }

  /** A count is of before the reset of which a record told: records may be faster than what a watcher writes. */
  #isWiped(lost: number): boolean {
    const { time, wiped = null } = this.#state
    return wiped !== null && time < wiped.at && lost <= wiped.most
  }

  /** The kernel's counter is at `lost` now; a line of its log says so for a loss, and others may follow. */
  #count(lost: number, isCounted: boolean): void {
    const { time, lost: before, lostAt, rises, untold } = this.#state
    this.#set({ lost, lostAt: time })
    if (untold !== null && lost === before && isCounted)
      this.#set({ untold: { ...untold, isCounted } })
    if (untold === null && (before === null || lost === before))
      this.#set({ torn: this.#options.torn() })
    if (before === null || lost === before) return
    const rise = { from: lostAt, to: time, losses: (lost - before) >>> 0 }
    const { from, since, losses } = untold ?? { from: lostAt, since: time, losses: 0 }
    this.#set({
      rises: [...rises.slice(1 - MAX_RISES), rise],
      untold: { from, to: time, since, losses: losses + rise.losses, isCounted },
    })
  }

  #caseOf(untold: Untold): Case {
    const { lost, backlogLimit, rateLimit, reasons, told: before, torn } = this.#state
    const { node } = this.#options
    const foreseen = this.#options.foreseen()
    return {
      ...untold,
      node,
      lost: lost ?? 0,
      backlogLimit,
      rateLimit,
      reasons,
      foreseen,
      before,
      torn,
    }
  }

  /** The stream has come to what was made with a loss. */
  #isIn({ to, since }: Untold): boolean {
    return this.#options.isIn(Math.max(to, since + SPREAD_MS))
  }

  #find({ from, to, losses, before, backlogLimit: limit }: Case, time: number): Found {
    const signs = this.#signs.between(from, time)
    return findCause({ from, to, losses, limit, signs }, this.#options, before)
  }

  /** How much was lost, and whose it is, by what is known now. */
  #reckon(one: Case, { gaps, cause }: Found, time: number): Known {
    const { from, to, losses, before } = one
    const all = this.#options.torn()
    const entries = Math.max(0, all.entries - one.torn.entries)
    const records = Math.max(0, all.records - one.torn.records)
    const ofOver = Math.max(0, all.ofOver - one.torn.ofOver)
    // The first lines of the kernel log count less than was lost.
    const torn = entries < losses ? { entries, records, ofOver } : NOT_TORN
    const start = this.#startOf(one, time)
    const loss = { from: start, to, losses, gaps, torn, cause }
    const goesOn = before !== null && before.to >= from && time - start > KNOWN_MS
    const whose = goesOn && before.account.shares.length > 0 ? before.account : null
    return { loss, account: accountOf(loss, this.#options.seconds(), whose) }
  }

  /** When a loss began at the earliest, ms since the epoch; it is `time` now. */
  #startOf({ from, before }: Case, time: number): number {
    // A line of the log was printed since the look before the one that read it. So what was read last may be of a loss
    // that began as long before, and this one goes on with it.
    const earliest = before?.to === from ? from - LOOK_MS : from
    const next = from + ONE_LOOK_MS
    const said = this.#signs.firstLoss(next, time)
    if (said === null || this.#signs.between(next, time).has('suppressed')) return earliest
    return Math.max(from, said - LOOK_MS)
  }

  /** Tells a loss; gives what was said to be missing, and whose. */
  #tell(one: Case, { loss, account }: Known, settled: boolean): Account {
    // Of a burst that only the log tells, growth of little says neither that it is theirs nor that it is not.
    const { grew, byGrowth } = account
    const isUnclear = loss.cause === 'burst' && !one.isCounted && grew && !byGrowth
    const told = settled && !isUnclear ? account : unnamed(account)
    const { gaps, cause } = loss
    this.#options.emitAlert(eventsLost({ ...one, gaps, cause, account: told, settled }))
    return told
  }

  /** Tells again what was told before the stream had come to it, once it has. */
  #settle(time: number): void {
    const { owed } = this.#state
    if (owed.length === 0) return
    const left = owed.filter((one) => {
      if (!this.#isIn(one)) return true
      const found = this.#find(one, time)
      if (time - one.since < found.waitMs) return true
      this.#tell(one, this.#reckon(one, found, time), true)
      return false
    })
    if (left.length < owed.length) this.#set({ owed: left })
  }
}
