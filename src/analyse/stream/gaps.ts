import { OTHER } from '../counts/keys.ts'
import type { Breaks } from './breaks.ts'
import { gapsAlert } from './gap-alert.ts'
import { Missing, type MissingState, type SerialFigures } from './missing.ts'
import type { Output } from './output.ts'
import { type Gap, Serials, type SerialsState } from './serials.ts'

/** Seconds over which gaps are told together, after the first of them was told at once. */
const TOGETHER_S = 10

/** Milliseconds behind a start of auditd in which it may still have missed events. */
const RESTART_MS = 1000

/** Why of a gap over which auditd was started or ended. */
const RESTARTED = 'auditd.restarted'

/** A node's gaps in the checkpoint. */
export interface GapsState {
  readonly serials: SerialsState
  readonly missing: MissingState
  readonly untold: MissingState
  readonly told: number
  readonly seen: number
  readonly restarted: number | null
}

/** What a node's serials say of what is missing: for its heartbeats, and in alerts. */
export class Gaps {
  readonly #node: string
  readonly #output: Output
  readonly #breaks: Breaks
  readonly #serials: Serials
  /** Gaps that are for the next heartbeat, and for the next alert. */
  #missing: Missing
  #untold: Missing
  /** Second in which some were told last. */
  #told: number
  /** Breaks of the stream that lie before the newest serial. */
  #seen: number
  /** Stamp in ms of auditd's last start or end, null once events go on behind it. */
  #restarted: number | null

  constructor(node: string, output: Output, state?: GapsState) {
    this.#node = node
    this.#output = output
    this.#breaks = output.breaks
    this.#serials = new Serials((gap) => this.#miss(gap), state?.serials)
    this.#missing = new Missing(state?.missing)
    this.#untold = new Missing(state?.untold)
    this.#told = state?.told ?? 0
    this.#seen = state?.seen ?? output.breaks.passed
    this.#restarted = state?.restarted ?? null
  }

  /** The stream was broken since the newest serial. */
  get broken(): boolean {
    return this.#seen !== this.#breaks.passed
  }

  /** The newest event began behind the last break. */
  join(): void {
    this.#seen = this.#breaks.passed
  }

  /** Takes the serial of an event; stamp in ms, `shown` the second in which it counts, `clock` of the stream in ms. */
  take(serial: number, stamp: number, shown: number, clock: number): void {
    if (this.#node === OTHER) return
    if (!this.broken && this.#restarted === null) {
      this.#serials.take(serial, stamp, shown, clock, null)
      return
    }
    const restarted = this.#restarted === null ? null : RESTARTED
    const why = this.#breaks.since(this.#seen, restarted)
    this.#serials.take(serial, stamp, shown, clock, why)
    if (this.#restarted !== null && stamp > this.#restarted + RESTART_MS) this.#restarted = null
  }

  /** A serial is newer than all that came; those of several nodes together do not compare. */
  isAhead(serial: number): boolean {
    return this.#node === OTHER || this.#serials.isAhead(serial)
  }

  /** auditd of this node began or ended; stamp in ms. */
  restart(stamp: number): void {
    this.#restarted = stamp
  }

  /**
   * All seconds before `second` are closed: gaps that showed in them are missing, as far as the stream's clock has
   * gone on. Tells what was not told, unless something was told just before.
   */
  reach(second: number, clock: number): void {
    this.#serials.settle(second, clock)
    if (this.#untold.count > 0 && second - this.#told >= TOGETHER_S) this.#tell(second)
  }

  /** The node has booted: its serials begin anew. */
  reset(): void {
    this.#serials.reset()
    this.#restarted = null
  }

  /** Time ends. */
  finish(): void {
    if (this.#untold.count > 0) this.#tell(0)
  }

  /**
   * How many serials since a time, ms since the epoch, are missing without a reason, that showed between two clocks;
   * without those of events that have `begun`.
   */
  openSince(time: number, after: number, by: number, begun?: readonly number[]): number {
    return this.#serials.openSince(time, after, by, begun)
  }

  /** What a heartbeat says is missing; the next one begins with nothing. */
  heartbeat(): Pick<SerialFigures, 'missing' | 'ranges' | 'more'> {
    const { count, ranges, more } = this.#missing
    this.#missing = new Missing()
    return { missing: count, ranges, more }
  }

  /** For the checkpoint. */
  state(): GapsState {
    return {
      serials: this.#serials.state(),
      missing: this.#missing.state(),
      untold: this.#untold.state(),
      told: this.#told,
      seen: this.#seen,
      restarted: this.#restarted,
    }
  }

  #miss(gap: Gap): void {
    this.#missing.add(gap)
    this.#untold.add(gap)
  }

  #tell(second: number): void {
    this.#told = second
    const { count, known, before, after } = this.#untold
    const cause = known < count ? this.#output.causeOf(this.#node, before, after) : null
    this.#output.emitAlert(gapsAlert(this.#node, this.#output.boot, this.#untold, cause))
    this.#untold = new Missing()
  }
}
