import type { Message } from '../../model/delivery.ts'
import type { Reading } from '../../model/reading.ts'
import { Close, type Events } from '../../model/result.ts'
import type { Share } from '../losses/blame.ts'
import { Arrivals, type ArrivalsState, WINDOW_MS } from './arrivals.ts'
import { type Backlog, backlogOf, USUAL_LIMIT } from './backlog.ts'
import { Behind, type BehindState } from './behind.ts'
import { Drain, type DrainState } from './drain.ts'
import { type Change, Forecast, type ForecastState } from './forecast.ts'
import { forecastWithdrawn, overflowForecast } from './forecast-alert.ts'
import { Lag, type Lagging, type LagState } from './lag.ts'
import { Stages, type StagesState } from './stages.ts'

/** Milliseconds by which the wall clock must have moved against the stream's to have been set. */
const SET_MS = 100
/** Milliseconds after which what the queue held says nothing of now. */
const FRESH_MS = 5000

/** What a queue needs. */
export interface QueueOptions {
  /** The machine whose kernel it is. */
  readonly host: string
  /** The kernel's limit as a reading told it, 0 for none; null where none has. */
  limit(): number | null
  /** Who makes more than before, by rule key, as of a time in ms since the epoch. */
  shares(at: number): readonly Share[]
  emitAlert(alert: Message): void
}

/** The queue in the checkpoint. */
export interface QueueState {
  readonly wall: number | null
  readonly window: number
  readonly entries: number
  readonly arrivals: ArrivalsState
  readonly lag: LagState
  readonly drain: DrainState
  readonly stages: StagesState
  readonly forecast: ForecastState
  readonly backlog: Backlog | null
  readonly behind: BehindState
}

/** What is known of the queue. */
export interface QueueFigures {
  /** Entries a second that the stream can be drained at; null while that was not to be seen. */
  readonly drain: number | null
  /** Null where the stream does not say, or has said nothing for seconds. */
  readonly backlog: Backlog | null
  readonly limit: number
  readonly limitRead: boolean
  /** When it overflows, in seconds from now; null where nothing is foreseen. */
  readonly seconds: {
    readonly low: number
    readonly likely: number
    readonly high: number | null
  } | null
}

/**
 * The way of entries from the kernel to the shim, as its end shows it. All of it is queues:
 *
 * ```
 *  system call ─► kernel's queue ─► auditd's socket ─► auditd's queue for plugins ─► plugin's socket ─► shim
 *       ▲                                                                                              ▲
 *     stamp                                 lag                                                  arrival
 * ```
 *
 * What arrived between a stamp and its arrival was on the way before it: that many entries the queues
 * held when it was stamped, without asking any of them.
 */
export class Queue {
  readonly #options: QueueOptions
  /** What added to a clock gives ms since the epoch; null where the stream does not say. */
  #wall: number | null
  /** The window that is open, -1 before the first, and its entries. */
  #window: number
  #entries: number
  #arrivals: Arrivals
  #lag: Lag
  readonly #drain: Drain
  readonly #stages: Stages
  #forecast: Forecast
  #backlog: Backlog | null
  #behind: Behind

  constructor(options: QueueOptions, state?: QueueState) {
    this.#options = options
    this.#wall = state?.wall ?? null
    this.#window = state?.window ?? -1
    this.#entries = state?.entries ?? 0
    this.#arrivals = new Arrivals(state?.arrivals)
    this.#lag = new Lag(state?.lag)
    this.#drain = new Drain(state?.drain)
    this.#stages = new Stages(state?.stages)
    this.#forecast = new Forecast(state?.forecast)
    this.#backlog = state?.backlog ?? null
    this.#behind = new Behind(state?.behind)
  }

  /** What is known as of now. */
  get figures(): QueueFigures {
    const { now, limit, limitRead } = this.#now
    const isFresh = this.#backlog !== null && now - this.#backlog.seenAt < FRESH_MS
    return {
      drain: this.#drain.rate,
      backlog: isFresh ? this.#backlog : null,
      limit,
      limitRead,
      seconds: this.#forecast.prediction?.seconds ?? null,
    }
  }

  /** When the overflow that is foreseen was told first, ms since the epoch; null where none is. */
  get foreseen(): number | null {
    const { since } = this.#forecast
    return since === null ? null : since + (this.#wall ?? 0)
  }

  /** Where what is on the way waits. */
  get behind(): Pick<Behind, 'lacks' | 'isBehind'> {
    return this.#behind
  }

  /** Time at a clock, ms since the epoch; null where the stream does not say. */
  timeAt(clock: number): number | null {
    return this.#wall === null ? null : clock + this.#wall
  }

  /** What follows has clocks of another writer: nothing of before compares. */
  begin(): void {
    this.#tell(this.#forecast.pass(Number.POSITIVE_INFINITY))
    this.#wall = null
    this.#window = -1
    this.#entries = 0
    this.#arrivals = new Arrivals()
    this.#lag = new Lag()
    this.#forecast = new Forecast()
    this.#backlog = null
    this.#behind = new Behind()
  }

  /** By how much the epoch's time is ahead of the clock, NaN where unknown. It varies by rounding. */
  setWall(wall: number): void {
    if (Number.isNaN(wall)) return
    if (this.#wall === null || Math.abs(wall - this.#wall) > SET_MS) this.#wall = wall
  }

  /** Takes a reading: some tell what the stages hold. */
  read(reading: Reading): void {
    this.#stages.take(reading)
  }

  /** Takes the event of a row, which closed at a clock. */
  take(clock: number, events: Events, row: number): void {
    if (this.#wall === null) return
    this.#entries += events.records[row] + events.eoe[row]
    const close = events.close[row]
    // Others close after their last line came; what auditd says of itself came through no queue of the kernel.
    const isPrompt = (close === Close.Eoe || close === Close.Last) && events.daemon[row] === 0
    if (isPrompt)
      this.#lag.take(clock, clock + this.#wall - events.sec[row] * 1000 - events.ms[row])
  }

  /** The clock is at `clock` now. */
  reach(clock: number): void {
    const window = Math.floor(clock / WINDOW_MS)
    if (window <= this.#window || this.#wall === null) return
    if (this.#window >= 0) this.#close()
    this.#window = window
  }

  /** For the checkpoint. */
  state(): QueueState {
    return {
      wall: this.#wall,
      window: this.#window,
      entries: this.#entries,
      arrivals: this.#arrivals.state(),
      lag: this.#lag.state(),
      drain: this.#drain.state(),
      stages: this.#stages.state(),
      forecast: this.#forecast.state(),
      backlog: this.#backlog,
      behind: this.#behind.state(),
    }
  }

  /** Time in ms since the epoch at the end of the last window, and the limit. */
  get #now(): { now: number; limit: number; limitRead: boolean } {
    const limit = this.#options.limit()
    const now = this.#window * WINDOW_MS + (this.#wall ?? 0)
    return { now, limit: limit ?? USUAL_LIMIT, limitRead: limit !== null }
  }

  #close(): void {
    this.#arrivals.close(this.#window, this.#entries)
    this.#entries = 0
    const lagging = this.#lag.close()
    this.#tell(lagging === null ? this.#forecast.pass(this.#end) : this.#see(lagging))
  }

  /** Clock at which the open window ends. */
  get #end(): number {
    return (this.#window + 1) * WINDOW_MS
  }

  #see({ at, lag }: Lagging): Change | null {
    const arrived = (from: number, to: number): number | null => this.#arrivals.between(from, to)
    const way = arrived(at - lag, at)
    this.#drain.take(at, lag, way, arrived)
    if (way === null) return this.#forecast.pass(this.#end)
    const stamp = at - lag + (this.#wall ?? 0)
    this.#behind.take(stamp, lag, way)
    const held = this.#stages.held(stamp)
    const isFilling = this.#stages.isFilling(stamp)
    const seenAt = stamp + lag
    const backlog = { at: stamp, seenAt, ...backlogOf(way, held, isFilling) }
    this.#backlog = backlog
    const { limit } = this.#now
    return this.#forecast.take({ now: at, at: at - lag, way, held, backlog, isFilling, limit })
  }

  #tell(change: Change | null): void {
    const { prediction, since } = this.#forecast
    if (change === null || this.#backlog === null || prediction === null || since === null) return
    const { host } = this.#options
    const { limit, limitRead } = this.#now
    const wall = this.#wall ?? 0
    const figures = {
      node: host,
      time: this.#end + wall,
      since: since + wall,
      prediction,
      backlog: this.#backlog,
      limit,
      limitRead,
      drain: this.#drain.rate,
      shares: change === 'withdraw' ? [] : this.#options.shares(this.#backlog.at),
    }
    this.#options.emitAlert(
      change === 'withdraw' ? forecastWithdrawn(figures) : overflowForecast(figures),
    )
    if (change === 'withdraw') this.#forecast.close()
  }
}
