import type { Message } from '../model/delivery.ts'
import type { Reading } from '../model/reading.ts'
import { growthAt, growthIn } from './blame.ts'
import { Blocked, type BlockedState } from './blocked.ts'
import { Kernel, type KernelState } from './kernel.ts'
import { Queue, type QueueState } from './queue.ts'
import type { Window } from './window.ts'

/** What a machine needs. */
export interface MachineOptions {
  readonly host: string
  /** The window of the machine's events; null before the first of them. */
  readonly window: () => Window | null
  readonly emitAlert: (alert: Message) => void
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

  constructor({ host, window, emitAlert }: MachineOptions, state?: Known) {
    this.kernel = new Kernel(
      {
        node: host,
        gaps: (from) => window()?.gaps.openSince(from) ?? 0,
        seconds: window,
        foreseen: () => this.queue.foreseen,
        emitAlert,
      },
      state?.kernel,
    )
    this.queue = new Queue(
      {
        host,
        limit: () => this.kernel.backlogLimit,
        shares: (at) => growthAt(window(), at),
        emitAlert,
      },
      state?.queue,
    )
    this.#blocked = new Blocked(
      {
        node: host,
        losses: (from, to) => this.kernel.figures(from, to).lostDelta ?? 0,
        held: () => this.queue.figures.backlog?.likely ?? null,
        shares: (from, to) => growthIn(window(), Math.floor(from / 1000), Math.ceil(to / 1000)),
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
    if (time === null) return
    this.kernel.reach(time)
    this.#blocked.reach(time)
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
