import type { Batch } from '../model/batch.ts'
import type { Block, Message, Run } from '../model/delivery.ts'
import type { Reading } from '../model/reading.ts'
import type { Rejects } from '../model/result.ts'
import { ClockReader, lastClock, ticksOf } from './clock.ts'
import { Kernel, type KernelState } from './kernel.ts'
import { OTHER } from './keys.ts'
import type { Output } from './messages.ts'
import { NodeTable } from './nodes.ts'
import { Window, type WindowState } from './window.ts'

/** Nodes with a window of their own; the others are counted together as one. */
export const MAX_NODES = 1000

/** Version of the analyser's state. */
const STATE_VERSION = 1

/** What an analyser needs. */
export interface AnalyserOptions {
  /** Node of events that name none. */
  readonly host: string
  /** Milliseconds of one rates interval: whole seconds. */
  readonly interval: number
  /** Takes one rates row. */
  emitRate(row: Message): void
  /** Takes one alert. */
  emitAlert(alert: Message): void
}

/** What an analyser knows, as a JSON value for the checkpoint. */
export interface AnalyserState {
  readonly version: number
  readonly interval: number
  readonly epoch: number
  readonly boot: string | null
  readonly clock: number
  readonly rejects: number
  readonly last: string | null
  readonly windows: readonly WindowState[]
  readonly kernel: KernelState
}

/**
 * Counts rates by node, rule key and stamp second, and says when a key floods.
 *
 * For each node the same rows and alerts come in the same order however the stream was cut, and an
 * analyser made from the state after a block goes on as if it had seen every block before it.
 *
 * Rejects have no stamp. Those under one clock are counted when the clock moves on, in the newest
 * second of the node that spoke last.
 */
export class Analyser {
  readonly #host: string
  readonly #interval: number
  readonly #output: Output & { boot: string | null }
  readonly #kernel: Kernel
  readonly #windows = new Map<string, Window>()
  #epoch = 0
  #clock = 0
  /** Rejects under the present clock. */
  #rejects = 0
  /** The windows again, by node names as they stand in records. */
  readonly #nodes = new NodeTable<Window>()
  /** Window of the last event. */
  #last: Window | null = null
  /** Runs taken since the start. */
  #runs = 0

  /** A state of another version or interval is not taken: counting begins anew. */
  constructor(options: AnalyserOptions, state?: AnalyserState) {
    this.#host = options.host
    this.#interval = options.interval
    this.#output = {
      boot: null,
      emitRate: (row) => options.emitRate(row),
      emitAlert: (alert) => options.emitAlert(alert),
    }
    this.#kernel = new Kernel(
      { node: options.host, emitAlert: (alert) => options.emitAlert(alert) },
      state?.kernel,
    )
    if (state?.version !== STATE_VERSION || state.interval !== options.interval) return
    this.#output.boot = state.boot
    this.#epoch = state.epoch
    this.#clock = state.clock
    this.#rejects = state.rejects
    for (const window of state.windows) this.#add(window.node, window)
    this.#last = this.#windows.get(state.last ?? '') ?? null
  }

  /** Takes what became final with one batch; blocks come in order. */
  accept(block: Block): void {
    const { batch } = block
    this.#enter(batch)
    const ticks = ticksOf(batch)
    const rejects = new RejectReader(block)
    const end = lastClock(batch)
    for (const run of block.runs) this.#run(run, end, ticks, rejects)
    this.#moveTo(end, ticks, rejects)
    this.#rejects += rejects.before(Number.POSITIVE_INFINITY)
  }

  /** Takes what a watcher read off the kernel. Readings have times of their own and touch no rate. */
  read(reading: Reading): void {
    this.#kernel.take(reading)
  }

  /** The stream is over: what is held goes out, also of an interval that is not over. */
  end(): void {
    this.#settle()
    for (const window of this.#windows.values()) window.finish()
  }

  /** All that a later analyser needs to go on from here. */
  state(): AnalyserState {
    return {
      version: STATE_VERSION,
      interval: this.#interval,
      epoch: this.#epoch,
      boot: this.#output.boot,
      clock: this.#clock,
      rejects: this.#rejects,
      last: this.#last?.node ?? null,
      windows: [...this.#windows.values()].map((window) => window.state()),
      kernel: this.#kernel.state(),
    }
  }

  /** A new epoch has a clock of its own, a new boot a time of its own. */
  #enter(batch: Batch): void {
    if (batch.epoch < this.#epoch) return
    if (batch.epoch > this.#epoch) {
      this.#settle()
      this.#epoch = batch.epoch
      this.#clock = 0
    }
    const { boot } = this.#output
    if (batch.boot === null || batch.boot === boot) return
    if (boot !== null) this.end()
    this.#output.boot = batch.boot
  }

  #run(run: Run, end: number, ticks: number[], rejects: RejectReader): void {
    const { batch, result } = run
    const { events, order, keySets } = result
    const { sec, ms, nodeStart, nodeEnd, records, eoe, bytes, keySet } = events
    const clocks = new ClockReader(batch)
    this.#runs++
    for (let i = run.from; i < run.to; i++) {
      const row = order[i]
      const clock = clocks.ofClosing(result, row, end)
      if (clock > this.#clock) this.#moveTo(clock, ticks, rejects)
      const start = nodeStart[row]
      const stop = nodeEnd[row]
      const window = this.#nodes.find(batch.bytes, start, stop) ?? this.#meet(batch, start, stop)
      this.#last = window
      const rows = window.rowsOf(keySets, keySet[row], this.#runs)
      window.take(sec[row], ms[row], clock, rows, records[row], eoe[row], bytes[row])
    }
  }

  /** The clock is now at `clock`: counts the rejects before it and lets the ticks up to it pass. */
  #moveTo(clock: number, ticks: number[], rejects: RejectReader): void {
    while (ticks.length > 0 && ticks[0] <= clock) {
      const tick = ticks.shift() as number
      // A batch without lines begins with a mark that an earlier one had: no tick.
      if (tick <= this.#clock) continue
      this.#setClock(tick, rejects)
      for (const window of this.#windows.values()) window.tick(tick)
    }
    this.#setClock(clock, rejects)
  }

  #setClock(clock: number, rejects: RejectReader): void {
    if (clock <= this.#clock) return
    this.#rejects += rejects.before(clock)
    this.#settle()
    this.#clock = clock
  }

  /** Counts the rejects that wait, once there is a node to count them for. */
  #settle(): void {
    if (this.#rejects === 0 || !this.#last?.started) return
    this.#last.reject(this.#rejects)
    this.#rejects = 0
  }

  /** The window of a node whose name has not been looked up yet; no name is the host's. */
  #meet(batch: Batch, start: number, end: number): Window {
    const name =
      start === end ? this.#host : new TextDecoder().decode(batch.bytes.slice(start, end))
    const window =
      this.#windows.get(name) ??
      (this.#windows.size < MAX_NODES
        ? this.#add(name)
        : (this.#windows.get(OTHER) ?? this.#add(OTHER)))
    this.#nodes.add(batch.bytes, start, end, window)
    return window
  }

  #add(node: string, state?: WindowState): Window {
    const window = new Window(node, this.#interval / 1000, this.#output, state)
    this.#windows.set(node, window)
    return window
  }
}

/** The rejects of a block, in stream order. */
class RejectReader {
  readonly #rejects: Rejects
  readonly #clocks: ClockReader
  #row: number

  constructor(block: Block) {
    this.#rejects = block.result.rejects
    this.#clocks = new ClockReader(block.batch)
    this.#row = block.rejectsFrom
  }

  /** Passes the rejects whose clock is before the given one and gives their number. */
  before(clock: number): number {
    const from = this.#row
    const { count, start } = this.#rejects
    while (this.#row < count && this.#clocks.at(start[this.#row]) < clock) this.#row++
    return this.#row - from
  }
}
