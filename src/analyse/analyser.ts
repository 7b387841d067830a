import type { Batch } from '../model/batch.ts'
import type { Block, Run } from '../model/delivery.ts'
import type { Position } from '../model/place.ts'
import type { Reading } from '../model/reading.ts'
import { ClockReader, lastClock, MarkReader } from './counts/clock.ts'
import { RejectReader } from './counts/rejects.ts'
import { Head } from './head.ts'
import type { KernelFigures } from './losses/kernel.ts'
import type { Reset } from './losses/reset-alert.ts'
import type { AnalyserCounts, AnalyserOptions } from './options.ts'
import { Makers } from './origins/makers.ts'
import { Machine } from './queue/machine.ts'
import type { QueueFigures } from './queue/queue.ts'
import { type Busiest, busiestOf } from './rates/busiest.ts'
import { Window } from './rates/window.ts'
import { Windows } from './rates/windows.ts'
import { type AnalyserState, isKnown, STATE_VERSION } from './state.ts'
import { Breaks } from './stream/breaks.ts'
import type { Output } from './stream/output.ts'
import { type Hole, type StreamFigures, StreamSections } from './stream/stream.ts'
import type { OwnEntries } from './vigil/ours.ts'
import { Vigil } from './vigil/vigil.ts'

/**
 * Longest time between two marks in which the writer was surely there: it ticks 2.5 s after the last
 * bytes. What is longer is time in which the writer itself stood still.
 */
const AWAKE_MS = 3000

/** Milliseconds without an event after which a node is silent, though others are not. */
const SILENT_MS = 10_000

/**
 * Counts rates by node, rule key and stamp second, tells each node's interval in a heartbeat, and says
 * when a key floods.
 *
 * For each node the same heartbeats and alerts come in the same order however the stream was cut, and an
 * analyser made from the state after a block goes on as if it had seen every block before it.
 *
 * Rejects have no stamp. Those under one clock are counted when the clock moves on, in the newest
 * second of the node that spoke last.
 */
export class Analyser {
  readonly #interval: number
  readonly #local: boolean
  readonly #output: Output & { boot: string | null }
  readonly #machine: Machine
  readonly #vigil: Vigil
  readonly #windows: Windows
  readonly #stream: StreamSections
  readonly #breaks: Breaks
  readonly #makers: Makers
  #epoch = 0
  /** -1 before the first mark of an epoch. */
  #clock = -1
  /** Milliseconds of clock that passed while the stream's writer was there. */
  #awake = 0
  /** The same up to which all events that closed were taken. */
  #taken = 0
  /** Rejects under the present clock. */
  #rejects = 0
  /** Window of the last event. */
  #last: Window | null = null
  /** Runs taken since the start. */
  #runs = 0
  /** Events taken since the start. */
  #events = 0
  readonly #head = new Head()
  /** The node that speaks for the stream, while all end. */
  #speaker: string | null = null

  /** A state of another version or interval is not taken: counting begins anew. */
  constructor(options: AnalyserOptions, state?: AnalyserState) {
    this.#interval = options.interval
    this.#local = options.local ?? true
    const known = isKnown(state, options.interval) ? state : undefined
    this.#breaks = new Breaks(known?.breaks)
    this.#makers = new Makers(options.origins ?? null)
    this.#output = {
      ...options,
      boot: null,
      breaks: this.#breaks,
      streamOf: (node) => this.#streamOf(node),
      drain: () => this.queue.drain,
      findMaker: (run, row) => this.#makers.find(run, row),
      causeOf: (node, from, to) =>
        node === options.host ? this.#machine.kernel.causeOf(from, to) : null,
      emitAlert: (alert) => options.emitAlert(this.#vigil.withRules(alert)),
    }
    const onReset = (reset: Reset): void => this.#machine.kernel.reset(reset)
    this.#vigil = new Vigil({ ...options, onReset }, known?.vigil)
    const machine = state?.version === STATE_VERSION ? state.machine : undefined
    this.#machine = new Machine(
      { ...options, window: () => this.#windows.local, taken: () => this.#taken },
      { ...machine, queue: known?.machine.queue },
    )
    const seconds = options.interval / 1000
    this.#windows = new Windows(
      options.host,
      (node, attributes, window) => new Window(node, seconds, this.#output, attributes, window),
    )
    this.#stream = new StreamSections(options.host, known?.stream)
    if (known === undefined) return
    this.#output.boot = known.boot
    this.#epoch = known.epoch
    this.#clock = known.clock
    this.#awake = this.#taken = known.awake
    this.#rejects = known.rejects
    for (const window of known.windows) this.#windows.add(window.node, window)
    this.#last = this.#windows.get(known.last)
  }

  /**
   * Takes what became final with one batch; blocks come in order. Blocks from `needed` on may come again
   * after a restart.
   */
  accept(block: Block): void {
    const { batch } = block
    this.#stream.begin(block)
    if (batch.epoch >= this.#epoch) this.#take(block)
    this.#stream.end()
  }

  /** Lines are missing in the stream; to be told before what follows them comes, once or more. */
  miss(hole: Hole): void {
    this.#stream.miss(hole)
    this.#breaks.add(hole)
  }

  /** Takes what a watcher read off the kernel. Readings have times of their own and touch no rate. */
  read(reading: Reading): void {
    this.#machine.read(reading)
    this.#vigil.read(reading)
  }

  /** The stream is over: what is held goes out, also of an interval that is not over. */
  end(): void {
    this.#finish((window) => window.finish())
  }

  /** What the watcher's readings say of the time from `from` to `to`, ms since the epoch. */
  kernel(from: number, to: number): KernelFigures {
    return this.#machine.kernel.figures(from, to)
  }

  /** Entries of our own processes, and of all, from one second of the stream's clock to the next. */
  get own(): OwnEntries {
    return this.#vigil.own
  }

  /** First byte that an analyser made from `state` has to be given again, where there is one. */
  get needed(): Position | null {
    return this.#stream.read
  }

  /** Needs nothing more again: for where the spool has no room to keep it. */
  letGo(): void {
    this.#stream.letGo()
  }

  /** Clock of the stream in ms as far as it was taken, -1 before an epoch has one. */
  get clock(): number {
    return this.#clock
  }

  /** What the stream says of the kernel's queue. */
  get queue(): QueueFigures {
    return this.#machine.queue.figures
  }

  /** Boot id of the stream's writer, null where unknown. */
  get boot(): string | null {
    return this.#output.boot
  }

  /** What the busiest nodes and keys made in their last seconds. */
  get busiest(): Busiest {
    return busiestOf(this.#windows)
  }

  /** What was taken so far. */
  get counts(): AnalyserCounts {
    return { events: this.#events, ...this.#stream.totals }
  }

  /** All that a later analyser needs to go on from here. */
  state(): AnalyserState {
    return {
      version: STATE_VERSION,
      interval: this.#interval,
      epoch: this.#epoch,
      boot: this.#output.boot,
      clock: this.#clock,
      awake: this.#awake,
      rejects: this.#rejects,
      last: this.#last?.node ?? null,
      windows: [...this.#windows].map((window) => window.state()),
      machine: this.#machine.state(),
      vigil: this.#vigil.state(),
      stream: this.#stream.state(),
      breaks: this.#breaks.state(),
    }
  }

  #take(block: Block): void {
    const { batch } = block
    this.#machine.open = block.open
    this.#head.reach(batch.marks[2])
    this.#enter(batch)
    const marks = new MarkReader(batch)
    const rejects = new RejectReader(block)
    const end = lastClock(batch)
    for (const run of block.runs) this.#takeRun(run, end, marks, rejects)
    this.#moveTo(end, marks, rejects)
    this.#rejects += rejects.before(Number.POSITIVE_INFINITY)
    this.#taken = this.#awake
    this.#head.reach(Number.POSITIVE_INFINITY)
  }

  /** A new epoch has a clock of its own, a new boot a time of its own. */
  #enter(batch: Batch): void {
    if (batch.epoch > this.#epoch) {
      this.#settle()
      if (this.#epoch > 0) this.#breaks.addWriter(batch.epoch)
      this.#epoch = batch.epoch
      this.#clock = -1
      this.#machine.queue.begin()
    }
    this.#machine.queue.setWall(batch.wall)
    const { boot } = this.#output
    if (batch.boot === null || batch.boot === boot) return
    if (boot !== null) this.#finish((window) => window.reboot())
    this.#output.boot = batch.boot
  }

  #finish(finish: (window: Window) => void): void {
    this.#settle()
    this.#speaker = this.#windows.speaker
    for (const window of this.#windows) finish(window)
    this.#speaker = null
  }

  #streamOf(node: string): StreamFigures | null {
    if (node !== (this.#speaker ?? this.#windows.speaker)) return null
    return this.#stream.cut(this.#head.place)
  }

  #takeRun(run: Run, end: number, marks: MarkReader, rejects: RejectReader): void {
    const { batch, result } = run
    const { events, order } = result
    const { nodeStart, nodeEnd } = events
    const clocks = new ClockReader(batch)
    const breaks = this.#breaks
    this.#vigil.begin(run)
    let isLocal = false
    let last: Window | null = null
    this.#runs++
    this.#events += run.to - run.from
    for (let i = run.from; i < run.to; i++) {
      const row = order[i]
      const clock = clocks.ofClosing(result, row, end)
      if (clock > this.#clock) this.#moveTo(clock, marks, rejects)
      this.#head.pass(run, row)
      const window = this.#windows.of(batch, nodeStart[row], nodeEnd[row])
      if (window !== last) isLocal = this.#local && window === this.#windows.local
      this.#last = last = window
      if (isLocal) this.#machine.queue.take(clock, events, row)
      if (breaks.waiting) breaks.passTo(this.#epoch, run, row)
      const joins = window.gaps.broken && breaks.isBehind(run, row)
      const stands = window.take(run, this.#runs, row, this.#awake)
      if (joins) window.gaps.join()
      this.#vigil.pass(row, window, isLocal, this.#awake, stands)
    }
    this.#vigil.end()
    this.#makers.end()
  }

  /** The clock is now at `clock`: counts the rejects before it and passes the marks up to it. */
  #moveTo(clock: number, marks: MarkReader, rejects: RejectReader): void {
    this.#taken = this.#awake
    for (; marks.clock <= clock && marks.more; marks.pass()) {
      // A batch begins with the mark that holds there, which an earlier one may have had.
      if (marks.clock <= this.#clock) continue
      const passed = this.#clock < 0 ? 0 : marks.clock - this.#clock
      const before = this.#awake
      this.#awake += marks.isTick ? passed : Math.min(passed, AWAKE_MS)
      this.#setClock(marks.clock, rejects)
      this.#head.reach(marks.place)
      const isTime = marks.isTick || Math.floor(before / 1000) < Math.floor(this.#awake / 1000)
      if (isTime) this.#tick(marks.isTick ? 0 : SILENT_MS, before)
    }
    this.#setClock(clock, rejects)
  }

  /** Lets time move on for nodes that were silent for so many ms, before what closes since the clock `before` comes. */
  #tick(silence: number, before: number): void {
    for (const window of this.#windows)
      if (this.#awake - window.heard >= silence) window.tick(this.#awake, before)
    this.#vigil.tick(this.#awake, this.#windows)
  }

  #setClock(clock: number, rejects: RejectReader): void {
    if (clock <= this.#clock) return
    this.#rejects += rejects.before(clock)
    this.#settle()
    this.#clock = clock
    this.#machine.reach(clock)
  }

  /** Counts the rejects that wait, once there is a node to count them for. */
  #settle(): void {
    if (this.#rejects === 0 || !this.#last?.started) return
    this.#last.reject(this.#rejects)
    this.#rejects = 0
  }
}
