import type { Begun, Message } from '../../model/delivery.ts'
import type { Reading } from '../../model/reading.ts'
import { growthAt, growthIn } from '../losses/blame.ts'
import { Blocked, type BlockedState } from '../losses/blocked.ts'
import { Kernel } from '../losses/kernel.ts'
import type { KernelState } from '../losses/kernel-state.ts'
import { lackOf, NOTHING_TORN } from '../losses/torn.ts'
import type { Recent } from '../rates/recent.ts'
import type { Window } from '../rates/window.ts'
import { Queue, type QueueState } from './queue.ts'

/** Milliseconds of clock for which an event may be open after it has begun (docs/stitching.md, 4d). */
const OPEN_MS = 2000

/** Milliseconds of the stream's clock without an event after which what was made before them has come. */
const SILENT_MS = 1000

/** What a machine needs. */
export interface MachineOptions {
  readonly host: string
  /** The window of the machine's events; null before the first of them. */
  readonly window: () => Window | null
  readonly emitAlert: (alert: Message) => void
  /** The stream's clock up to which all events that are over were taken. */
  readonly taken: () => number
}

/** The machine in the checkpoint. */
export interface MachineState {
  readonly kernel: KernelState
  readonly queue: QueueState
  readonly blocked: BlockedState
}

/** As much of it as a new one goes on from. */
type Known = { readonly [Part in keyof MachineState]?: MachineState[Part] | undefined }

/**
 * The machine whose kernel the stream comes from: what a watcher reads off it, what its queue holds by
 * the lag of the stream, and what the one says of the other.
 */
export class Machine {
  readonly kernel: Kernel
  readonly queue: Queue
  readonly #blocked: Blocked
  /** What is open behind what was taken. */
  open: readonly Begun[] = []
  /** Time that the stream is at, ms since the epoch; null where it does not say. */
  #time: number | null = null

  constructor({ host, window, taken, emitAlert }: MachineOptions, state?: Known) {
    const recent = (): Recent | null => window()?.recent ?? null
    this.kernel = new Kernel(
      {
        node: host,
        gaps: (from, after) => {
          const { gaps } = window() ?? {}
          const until = taken() - OPEN_MS
          const sure = gaps?.openSince(from, after, until) ?? 0
          const begun = this.open.flatMap(({ serial, daemon }) => (daemon === 0 ? [serial] : []))
          return { sure, all: sure + (gaps?.openSince(from, until, Infinity, begun) ?? 0), until }
        },
        torn: () => lackOf(window()?.torn.state() ?? NOTHING_TORN, this.open),
        lacks: (time) => this.#lacks(time),
        isIn: (time) => this.#isIn(window(), time),
        isBehind: (since, limit) => this.queue.behind.isBehind(since, limit),
        seconds: recent,
        foreseen: () => this.queue.foreseen,
        emitAlert,
      },
      state?.kernel,
    )
    this.queue = new Queue(
      {
        host,
        limit: () => this.kernel.backlogLimit,
        shares: (at) => growthAt(recent(), at),
        emitAlert,
      },
      state?.queue,
    )
    this.#blocked = new Blocked(
      {
        node: host,
        losses: (from, to) => this.kernel.figures(from, to).lostDelta ?? 0,
        held: () => this.queue.figures.backlog?.likely ?? null,
        shares: (from, to) => growthIn(recent(), Math.floor(from / 1000), Math.ceil(to / 1000)),
        emitAlert,
      },
      state?.blocked,
    )
  }

  /** Takes what a watcher read off the kernel. */
  read(reading: Reading): void {
    this.kernel.take(reading)
    this.queue.read(reading)
    this.#blocked.take(reading)
  }

  /** The clock of the stream is at `clock` now. */
  reach(clock: number): void {
    this.queue.reach(clock)
    const time = this.queue.timeAt(clock)
    this.#time = time
    if (time === null) return
    this.kernel.reach(time)
    this.#blocked.reach(time)
  }

  /** Without a stream nothing is to come. */
  #isIn(window: Window | null, time: number): boolean {
    if (window === null || window.newest >= time) return true
    return (this.#time ?? 0) - SILENT_MS >= time && !this.#lacks(time)
  }

  #lacks(time: number): boolean {
    return this.queue.behind.lacks(time, this.#time ?? time)
  }

  /** For the checkpoint. */
  state(): MachineState {
    return {
      kernel: this.kernel.state(),
      queue: this.queue.state(),
      blocked: this.#blocked.state(),
    }
  }
}
