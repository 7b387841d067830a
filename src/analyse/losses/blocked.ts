import type { Message } from '../../model/delivery.ts'
import type { Reading, StatusReading } from '../../model/reading.ts'
import type { Share } from './blame.ts'
import { type BlockedFigures, type BlockingCause, blocked, unblocked } from './blocked-alert.ts'

/** Milliseconds that processes have to wait together to be told of: less is not felt. */
const LEAST_MS = 100
/** Milliseconds without an answer of the kernel after which its question is taken to hang; usual are three. */
const UNANSWERED_MS = 10_000
/** Milliseconds after which it is known whether something was lost, which is told then instead. */
const SETTLE_MS = 1000
/** Milliseconds without a wait after which it is over. */
const CALM_MS = 60_000
/** Jiffies in a second where nobody can read them: most distributions. */
const USUAL_HZ = 250
/** Part of the limit from which the queue is not empty. */
const HELD = 0.1

/** Processes wait; times in ms since the epoch. */
interface Episode {
  readonly since: number
  /** The last sign of it. */
  readonly last: number
  /** How long they waited together; 0 where they still do or no kernel counts it. */
  readonly waitedMs: number
}

/** What is known of it in the checkpoint. */
export interface BlockedState {
  readonly boot: string
  /** `monotonic_us` of the last reading. */
  readonly clock: number
  /** The kernel's counter of waits in jiffies, and when it was read. */
  readonly waited: number | null
  readonly answered: number
  /** The last status. */
  readonly limit: number | null
  readonly waitMs: number | null
  /** Since when a question waits for its answer; auditd's socket was seen to fill since then. */
  readonly asked: number | null
  readonly fills: boolean
  /** Seen but not told, and when it was; told and not over. */
  readonly seen: (Episode & { readonly at: number }) | null
  readonly told: (Episode & { readonly cause: BlockingCause }) | null
}

/** What it needs. */
export interface BlockedOptions {
  readonly node: string
  /** By how much the kernel's counter of losses rose from one time to another, ms since the epoch. */
  losses(from: number, to: number): number
  /** Entries in the kernel's queue as the stream shows them; null where it does not. */
  held(): number | null
  /** Who made more from one time to another than before. */
  shares(from: number, to: number): readonly Share[]
  emitAlert(alert: Message): void
}

const NOTHING: BlockedState = {
  boot: '',
  clock: -1,
  waited: null,
  answered: 0,
  limit: null,
  waitMs: null,
  asked: null,
  fills: false,
  seen: null,
  told: null,
}

/**
 * Tells that processes wait for room in the kernel's queue while nothing is lost: it is full, or a wake-up went
 * astray. It is told once, until nobody has waited for a minute.
 */
export class Blocked {
  readonly #options: BlockedOptions
  #state: BlockedState

  constructor(options: BlockedOptions, state: BlockedState = NOTHING) {
    this.#options = options
    this.#state = state
  }

  /** Takes the next reading; one that was taken before is passed over. */
  take(reading: Reading): void {
    const { boot, monotonic_us: clock } = reading
    const time = Date.parse(reading.time)
    if (boot === this.#state.boot && clock <= this.#state.clock) return
    if (boot !== this.#state.boot) {
      this.#end(time)
      this.#state = { ...NOTHING, boot }
    }
    this.#set({ clock })
    if (reading.kind === 'status') this.#takeStatus(reading, time)
    if (reading.kind === 'unknown' && reading.why === 'waiting')
      this.#set({ asked: this.#state.asked ?? time })
    if (reading.kind === 'unknown' && reading.why === 'lag') this.#set({ fills: true })
    if (reading.kind === 'kmsg' && reading.says === 'blocked') this.#see(time, time, 0)
    this.reach(time)
  }

  /** It is `time` now, ms since the epoch. */
  reach(time: number): void {
    const { asked, seen, told, answered } = this.#state
    if (asked !== null && seen === null && told === null && time - asked >= UNANSWERED_MS)
      this.#see(asked, asked + UNANSWERED_MS, 0)
    this.#open(time)
    if (told !== null && answered - told.last >= CALM_MS) this.#end(told.last)
  }

  /** All that a later one needs to go on from here. */
  state(): BlockedState {
    return this.#state
  }

  #set(known: Partial<BlockedState>): void {
    this.#state = { ...this.#state, ...known }
  }

  #takeStatus(status: StatusReading, time: number): void {
    const { hz, backlog_limit: limit, backlog_wait_time: wait } = status
    const { waited, answered, asked } = this.#state
    const ms = (jiffies: number): number => (jiffies * 1000) / (hz ?? USUAL_HZ)
    const now = status.backlog_wait_time_actual
    const waitMs = wait === null ? null : ms(wait)
    this.#set({ waited: now, answered: time, limit, waitMs, asked: null, fills: false })
    const more = waited === null || now === null ? 0 : ms(now - waited)
    const hung = asked !== null && time - asked >= UNANSWERED_MS
    if (more >= LEAST_MS || hung) this.#see(answered, time, more)
  }

  /** Somebody has waited from one time to another, so long. */
  #see(since: number, last: number, ms: number): void {
    const { seen, told } = this.#state
    if (told !== null) this.#set({ told: { ...told, last, waitedMs: told.waitedMs + ms } })
    else if (seen !== null) this.#set({ seen: { ...seen, last, waitedMs: seen.waitedMs + ms } })
    else this.#set({ seen: { since, last, waitedMs: ms, at: last } })
  }

  /** Tells what was seen, unless something was lost by it: that tells the same and more. */
  #open(time: number): void {
    const { seen } = this.#state
    if (seen === null || time - seen.at < SETTLE_MS) return
    const { at, ...episode } = seen
    this.#set({ seen: null })
    if (this.#options.losses(seen.since, at + SETTLE_MS) > 0) return
    const cause = seen.waitedMs === 0 && !this.#isFull ? 'lost_wakeup' : 'blocking'
    const told = { ...episode, cause } as const
    this.#set({ told })
    this.#options.emitAlert(blocked(this.#figures(told, at), this.#options.shares(seen.since, at)))
  }

  get #isFull(): boolean {
    const { fills, limit } = this.#state
    return fills || (limit !== null && (this.#options.held() ?? 0) > HELD * limit)
  }

  #end(time: number): void {
    const { told } = this.#state
    if (told === null) return
    this.#set({ told: null })
    this.#options.emitAlert(unblocked(this.#figures(told, time)))
  }

  #figures(told: Episode & { readonly cause: BlockingCause }, time: number): BlockedFigures {
    const { limit, waitMs } = this.#state
    return { ...told, node: this.#options.node, time, limit, waitMs }
  }
}
