import type { Message } from '../../model/delivery.ts'
import type { KernelNote } from '../../model/kernel-note.ts'
import type { KernelLogReading, Reading, StatusReading } from '../../model/reading.ts'
import { type Account, accountOf, type Lack } from './account.ts'
import type { Seconds } from './blame.ts'
import { type Cause, diagnose } from './diagnosis.ts'
import { type Before, type Found, findCause, type StreamView } from './finding.ts'
import { eventsLost, lostReset } from './kernel-alerts.ts'
import { Signs, type SignsState } from './signs.ts'

/** Milliseconds over which losses are told together, once some were told so many times: a burst may be read in two. */
const TOGETHER_MS = 10_000
const AT_ONCE = 2
/** Milliseconds for which the seconds of a loss are surely known. */
const KNOWN_MS = 5000
/** Milliseconds between two looks of a watcher at the kernel log. */
const LOOK_MS = 1000
/** Milliseconds around a gap in which what is read tells its cause: a status comes every ten seconds. */
const NEAR_MS = 10_000
/** Milliseconds for which auditd's queue may overflow again without a word: auditd says so five times. */
const MUTED_MS = 600_000
/** Rises of the counter that are remembered for rows that are still to come. */
const MAX_RISES = 1000
/** `lost` is an unsigned counter of 32 bits: a fall by less than half of it is a reset, else a wrap. */
const HALF = 2 ** 31

/** What the kernel log gives as the reason of a loss, in its own words. */
const REASONS: Readonly<Partial<Record<KernelNote['says'], string>>> = {
  over: 'backlog limit exceeded',
  backlog: 'backlog limit exceeded',
  rate: 'rate limit exceeded',
  retry: 'kauditd retry queue overflow',
  hold: 'kauditd hold queue overflow',
  memory: 'out of memory',
  gone: 'auditd disappeared',
}

/** A rise of the kernel's counter of losses, between two readings. */
export interface Rise {
  /** When the counter was read before, ms since the epoch. */
  readonly from: number
  /** When it was read as it is now. */
  readonly to: number
  readonly losses: number
}

/** A loss that was told. */
interface Told extends Before {
  readonly account: Account
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
  readonly rises: readonly Rise[]
  /** Losses that are to be told, and when some were told last. */
  readonly untold: (Rise & { readonly since: number }) | null
  readonly toldAt: number
  /** How many times since it was calm, and what was told last. */
  readonly times: number
  readonly told: Told | null
  /** What torn events lacked when nothing was lost last, or what was lost was told. */
  readonly torn: Lack
  /** Reasons of the kernel log since then. */
  readonly reasons: readonly string[]
  readonly signs: SignsState
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

const NOT_TORN: Lack = { entries: 0, records: 0 }

const NOTHING: KernelState = {
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
  torn: NOT_TORN,
  reasons: [],
  signs: new Signs().state(),
}

/**
 * Follows what a watcher reads off the kernel: how many losses it counted and when. A reading that was taken before is passed over, so that a file of readings may be
 * read again from its beginning.
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

  /** It is `time` now, ms since the epoch: tells what was lost, unless something was told just before. */
  reach(time: number): void {
    const { untold, toldAt, times, told, backlogLimit } = this.#state
    if (untold === null) return
    const isCalm = Math.abs(time - toldAt) >= TOGETHER_MS
    if (!isCalm && times >= AT_ONCE) return
    const signs = this.#signs.between(untold.from, time)
    const found = findCause({ ...untold, limit: backlogLimit, signs }, this.#options, told)
    if (time - untold.since < found.waitMs) return
    this.#tell(untold, time, found, isCalm ? 1 : times + 1)
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
    const { time, lost } = this.#state
    this.#set({ backlog, backlogLimit, rateLimit })
    if (status.lost === null) return
    if (lost !== null && status.lost < lost && lost - status.lost < HALF) {
      this.#options.emitAlert(lostReset(node, time, lost, status.lost))
      this.#set({ lost: 0 })
    }
    this.#count(status.lost)
  }

  #takeNote(note: KernelLogReading): void {
    const reason = REASONS[note.says]
    const { lost, reasons } = this.#state
    if (reason !== undefined && !reasons.includes(reason))
      this.#set({ reasons: [...reasons, reason] })
    if (note.says !== 'lost') return
    this.#set({ backlogLimit: note.backlog_limit, rateLimit: note.rate_limit })
    // A line is often read after a status that is newer, so that a lower count in one is no reset.
    if (lost !== null && (note.lost - lost) >>> 0 >= HALF) return
    // The first line is printed for a loss, the one that it counts last.
    if (lost === null && note.lost > 0)
      this.#set({ lost: note.lost - 1, lostAt: this.#state.time - LOOK_MS })
    this.#count(note.lost)
  }

  /** The kernel's counter is at `lost` now. */
  #count(lost: number): void {
    const { time, lost: before, lostAt, rises, untold } = this.#state
    this.#set({ lost, lostAt: time })
    if (untold === null && (before === null || lost === before))
      this.#set({ torn: this.#options.torn() })
    if (before === null || lost === before) return
    const rise = { from: lostAt, to: time, losses: (lost - before) >>> 0 }
    const { from, since, losses } = untold ?? { from: lostAt, since: time, losses: 0 }
    this.#set({
      rises: [...rises.slice(1 - MAX_RISES), rise],
      untold: { from, to: time, since, losses: losses + rise.losses },
    })
  }

  #tell({ from, to, losses }: Rise, time: number, found: Found, times: number): void {
    const { lost, backlogLimit, rateLimit, reasons, told } = this.#state
    const views = this.#options
    const { node } = views
    const { since, until, gaps, cause } = found
    const all = views.torn()
    const entries = all.entries - this.#state.torn.entries
    const records = all.records - this.#state.torn.records
    // The first lines of the kernel log count less than was lost.
    const isCounted = entries < losses
    const torn = isCounted ? { entries, records } : NOT_TORN
    // A watcher looks at the log every second: what it tells was printed since it looked before.
    const said = (this.#signs.firstLoss(from, time) ?? from) - LOOK_MS
    const start = Math.max(from, said)
    const goesOn = told !== null && told.to >= from && time - start > KNOWN_MS
    const account = accountOf(
      { from: start, to, losses, gaps, torn, cause },
      views.seconds(),
      goesOn ? told.account : null,
    )
    this.#options.emitAlert(
      eventsLost({
        node,
        from,
        to,
        losses,
        gaps,
        cause,
        account,
        backlogLimit,
        rateLimit,
        reasons,
        lost: lost ?? 0,
        foreseen: views.foreseen(),
      }),
    )
    this.#set({
      untold: null,
      toldAt: time,
      reasons: [],
      times,
      told: { to, since, until, account },
      torn: isCounted ? { entries: all.entries, records: all.records } : this.#state.torn,
    })
  }
}
