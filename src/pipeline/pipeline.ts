import type { Block, Sink } from '../model/delivery.ts'
import { type Closing, compareClosings, comparePositions, type Position } from '../model/place.ts'
import { Lane, type LaneOptions } from './lane.ts'
import type { Source } from './source.ts'
import { within } from './within.ts'

/**
 * THE data way, top to bottom:
 *
 * ```
 *                 ┌────────────────────── lane ───────────────────────┐
 *  source ──────► │ frame ─► decode in slots, side by side ─► stitch  │ ──► analyse ─► deliver
 * ```
 *
 * It has two consumers with two positions: analysis, always at the head of the stream, and delivery.
 * While they coincide one lane serves both. When a sink does not take a block and more input waits, the
 * lanes part: delivery keeps its lane, with all that is in it, and analysis goes on in one of its own,
 * which begins at the position they shared. When delivery has caught up, they become one again.
 *
 * ```
 *  delivery lane  ──block──►│ sink full …            ──►│ meets ├──► analyse ─► deliver
 *  head lane                └──► analyse ──► analyse ──►│       │
 * ```
 */

/** How far a consumer is. */
export interface Progress {
  /** First byte of the oldest event that is open there, or one before it that is needed again. */
  readonly resume: Position
  /** The last closing it has had, or null before the first. */
  readonly done: Closing | null
}

/** What a pipeline needs. */
export interface PipelineOptions
  extends Pick<
    LaneOptions,
    'pool' | 'slots' | 'batchBytes' | 'isLast' | 'live' | 'replayable' | 'isCareful' | 'onBatch'
  > {
  /** Opens the stream at a position. Called again when lanes part, when it is replayable. */
  readonly open: (at: Position) => Source
  /** A stitcher that drops what closes at or before `done`. */
  readonly stitcher: (done: Closing | null) => LaneOptions['stitcher']
  readonly delivery: Progress
  readonly analysis: Progress
  readonly analyse: (block: Block) => void
  readonly sink: Sink
  /** Called after a consumer has moved on by more than a tick, with the bytes of the batch. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * Milliseconds a sink may take for one block before analysis goes on without it. From then on everything
 * is decoded twice until delivery has caught up: at 500 ms a busy broker's pauses were enough, and 400,000
 * events to Kafka took 23 s of CPU where they take 20 s.
 */
const PART_MS = 2000
/** Bytes that delivery may be behind for a meeting to be worth it. */
const MEET_BYTES = 4 << 20
/** Milliseconds one lane waits for the other at a meeting. */
const MEET_MS = 250
/** Milliseconds until the next try, after a meeting that did not come about. */
const NEXT_MEETING_MS = 1000

/** A running stream. Made, run once, gone. */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #main: Lane
  #head: Lane | null = null
  #headEnd: Promise<unknown> = Promise.resolve()
  #mayMeet = true
  #failure: unknown = null
  /** What the sink has not accepted yet. */
  #underWay: Block | null = null
  #patience: NodeJS.Timeout | null = null
  #delivery: Progress
  #analysis: Progress

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#delivery = options.delivery
    this.#analysis = options.analysis
    this.#main = this.#lane(this.#start(), (block) => this.#deliver(block))
  }

  /** What the sink has accepted. */
  get delivery(): Progress {
    return this.#delivery
  }

  /** What was analysed. */
  get analysis(): Progress {
    return this.#analysis
  }

  /** Analysis has a lane of its own. */
  get parted(): boolean {
    return this.#head !== null
  }

  /** Bytes of the stream that analysis has not read. */
  get lag(): number {
    return (this.#head ?? this.#main).source.lag
  }

  /** Bytes of the stream that delivery has not read. */
  get deliveryLag(): number {
    return this.#main.source.lag
  }

  /**
   * Runs until the last piece or `stop`; tells whether it was the last piece. Rejects with what failed
   * first.
   */
  async run(): Promise<boolean> {
    if (!isSame(this.#delivery, this.#analysis)) this.#part(this.#analysis)
    let over = false
    try {
      over = await this.#main.run()
    } finally {
      if (this.#patience !== null) clearTimeout(this.#patience)
      if (!over) this.#head?.stop()
      await this.#headEnd
    }
    if (this.#failure !== null) throw this.#failure
    return over
  }

  /** Reads no more; `run` settles when what was read is delivered. */
  stop(): void {
    this.#main.stop()
    this.#head?.stop()
  }

  /** Where the first lane begins: one that serves both begins where the first of them needs it. */
  #start(): Progress {
    const { delivery, analysis } = this.#options
    const first = comparePositions(delivery.resume, analysis.resume) <= 0 ? delivery : analysis
    return isSame(delivery, analysis) ? first : delivery
  }

  #lane(from: Progress, take: (block: Block) => Promise<void>): Lane {
    const { open, stitcher, ...options } = this.#options
    return new Lane({
      ...options,
      from: from.resume,
      source: open(from.resume),
      stitcher: stitcher(from.done),
      take,
    })
  }

  async #deliver(block: Block): Promise<void> {
    if (this.#head === null) this.#analyse(block)
    await this.#accepted(block)
    this.#delivery = progressOf(block)
    this.#tell(block)
    this.#tryToMeet()
  }

  /** A tick alone is no progress worth a checkpoint: read again, it says the same. */
  #tell(block: Block): void {
    if (block.counts.lines > 0 || block.runs.length > 0)
      this.#options.onProgress?.(block.batch.length)
  }

  #analyse(block: Block): void {
    this.#options.analyse(block)
    this.#analysis = progressOf(block)
  }

  /** Settles when the sink has accepted the block; where that takes long, the lanes part. */
  async #accepted(block: Block): Promise<void> {
    this.#underWay = block
    if (this.#options.replayable && this.#head === null) this.#beginPatience()
    await this.#options.sink.accept(block)
    this.#underWay = null
  }

  /** One timer that is set again for each block and never cleared: most are accepted at once. */
  #beginPatience(): void {
    if (this.#patience !== null) this.#patience.refresh()
    else this.#patience = setTimeout(() => this.#onPatience(), PART_MS)
  }

  #onPatience(): void {
    if (this.#underWay === null || this.#head !== null) return
    if (this.#main.waiting) this.#part(progressOf(this.#underWay))
    else this.#beginPatience()
  }

  #part(from: Progress): void {
    const head = this.#lane(from, async (block) => {
      this.#analyse(block)
      this.#tell(block)
    })
    this.#head = head
    this.#headEnd = head.run().catch((error: unknown) => {
      this.#failure ??= error
      this.stop()
    })
  }

  #tryToMeet(): void {
    if (this.#head === null || !this.#mayMeet) return
    const distance = Math.abs(this.#main.source.lag - this.#head.source.lag)
    if (distance <= MEET_BYTES) void this.#meet(this.#head)
  }

  /**
   * Lets the lane that is ahead wait until the other has read exactly as far. Then both have closed the
   * same events, since that does not depend on the cut, and one lane will do.
   */
  async #meet(head: Lane): Promise<void> {
    this.#mayMeet = false
    const lanes = [this.#main, head].toSorted((a, b) => comparePositions(a.position, b.position))
    const [behind, ahead] = lanes
    const met =
      (await within(ahead.hold(), MEET_MS)) && (await within(behind.hold(ahead.position), MEET_MS))
    if (met && isSame(this.#delivery, this.#analysis)) {
      head.stop()
      this.#head = null
    }
    for (const lane of lanes) lane.go()
    const again = (): void => {
      this.#mayMeet = true
      this.#tryToMeet()
    }
    if (this.#head === null) this.#mayMeet = true
    else setTimeout(again, NEXT_MEETING_MS).unref()
  }
}

function progressOf({ resume, done }: Block): Progress {
  return { resume, done }
}

function isSame(a: Progress, b: Progress): boolean {
  if (a.done === null || b.done === null) return a.done === b.done
  return compareClosings(a.done, b.done) === 0
}
