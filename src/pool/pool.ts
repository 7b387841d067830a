import { Piscina } from 'piscina'
import type { Batch } from '../model/batch.ts'
import type { Position } from '../model/place.ts'
import type { Result } from '../model/result.ts'
import { adopt, type Reply, type Task, taskOf } from './message.ts'
import { Slot } from './slot.ts'
import { convict, halves } from './split.ts'
import type { Decode } from './worker.ts'

/**
 * Decodes batches, in this thread or in workers, and outlives what a batch does to a worker: an
 * exception, no memory left, `process.exit`, a loop without end. The batch runs again, then in halves,
 * down to the record that ends a worker each time, which becomes a reject.
 */

/** A batch and its result. */
export interface Decoded {
  readonly batch: Batch
  readonly result: Result
}

type Workers = Piscina<Task, Reply>

/** What a pool needs. */
export interface PoolOptions {
  /** Makes the decoder used without workers. */
  readonly inline: () => Decode
  /** Worker file whose default export is `serve(…)`. */
  readonly filename: string
  /** Cloned into every worker as `workerData`. */
  readonly workerData: unknown
  /** Heap of one worker, MB. Columns and bytes lie outside it. */
  readonly heap?: number
  /** Milliseconds after which a worker is given up, and as many again per MiB of the batch. */
  readonly patience?: number
  /** Told of every attempt that ended a worker, and of every record that became a reject. */
  readonly onTrouble?: (trouble: Trouble) => void
}

/** One failure of a decoder, contained. */
export interface Trouble {
  readonly kind: 'failed' | 'poison'
  /** First byte of what was being decoded; null for a worker that died between two batches. */
  readonly at: Position | null
  readonly bytes: number
  readonly reason: string
}

/** Attempts a batch gets before it is cut, and a single record before it is convicted. */
const ATTEMPTS = 3
const HEAP_MB = 256
const PATIENCE_MS = 10_000
/** Added to the niceness of workers: on a busy host the audited programs come first. */
const NICE = 5
const REQUIRE_ESM = '--experimental-require-module'
/**
 * Has Piscina import the worker's file instead of requiring it: a worker that is ended within `require` of
 * an ES module fails an assertion of Node 20 (CreateRequiredModuleFacade, src/module_wrap.cc), which aborts
 * the whole process. Options of this process are left out: a worker that is given one of V8's does not start.
 */
const EXEC_ARGV = process.allowedNodeEnvironmentFlags.has(REQUIRE_ESM)
  ? [REQUIRE_ESM.replace('--', '--no-')]
  : []

/** Decoder of batches in slots. See the head of this file. */
export class DecodePool {
  readonly #options: PoolOptions
  readonly #patience: number
  #inline: Decode
  #piscina: Workers | null = null
  #workers = 0
  #running = 0
  /** Batches that failed and are tried again. */
  #troubled = 0
  #queue: (() => void)[] = []
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#patience = options.patience ?? PATIENCE_MS
    this.#inline = options.inline()
  }

  /** Workers that run, 0 when batches are decoded in this thread. */
  get workers(): number {
    return this.#workers
  }

  /**
   * Starts or stops workers. What is being decoded is finished first. The last ones stay while a batch
   * that ended one is tried again: in this thread it might never end.
   */
  async resize(workers: number): Promise<void> {
    if (workers === this.#workers || (workers === 0 && this.#troubled > 0)) return
    const old = this.#piscina
    this.#workers = workers
    this.#piscina = workers === 0 ? null : this.#start(workers)
    for (const wake of this.#queue.splice(0)) wake()
    await old?.close()
  }

  /** Lets go of the workers. What is under way rejects: it is nobody's fault that it did not end. */
  async close(): Promise<void> {
    this.#closed = true
    const old = this.#piscina
    this.#piscina = null
    this.#workers = 0
    for (const wake of this.#queue.splice(0)) wake()
    await old?.destroy()
  }

  /**
   * Decodes the batch of a slot. Gives the slot itself, or, when the batch ended its worker too
   * often, the pieces it was cut into, in order, over the same bytes.
   */
  async decode(slot: Slot): Promise<readonly Decoded[]> {
    if (await this.#attempt(slot)) return [slot]
    this.#troubled++
    try {
      // Without workers only an exception gets here, and it would come again.
      for (let attempt = 2; attempt <= ATTEMPTS && this.#piscina !== null; attempt++)
        if (await this.#attempt(slot)) return [slot]
      return await this.#inPieces(slot)
    } finally {
      this.#troubled--
    }
  }

  /** Makes every record of a slot's batch a reject instead of decoding it. */
  quarantine(slot: Slot): void {
    convict(slot.batch, slot.result)
    this.#options.onTrouble?.({
      kind: 'poison',
      at: startOf(slot.batch),
      bytes: slot.batch.length,
      reason: 'decoding it ended the process every time',
    })
  }

  async #inPieces(slot: Decoded): Promise<Decoded[]> {
    const cut = halves(slot.batch)
    if (cut === null) {
      convict(slot.batch, slot.result)
      this.#options.onTrouble?.({
        kind: 'poison',
        at: startOf(slot.batch),
        bytes: slot.batch.length,
        reason: 'this record ends its decoder every time',
      })
      return [slot]
    }
    const decoded: Decoded[] = []
    for (const half of cut) {
      const piece = new Slot(half)
      const attempts = halves(half) === null ? ATTEMPTS : 1
      let done = false
      for (let attempt = 0; attempt < attempts && !done; attempt++)
        done = await this.#attempt(piece)
      if (done) decoded.push(piece)
      else decoded.push(...(await this.#inPieces(piece)))
    }
    return decoded
  }

  /**
   * Decodes once; false when that failed, and the slot has an empty result again. Rejects when the pool
   * is closed.
   */
  async #attempt(slot: Slot): Promise<boolean> {
    try {
      // Tasks wait here and not in Piscina, so that the clock of one starts with its work.
      while (this.#piscina !== null && this.#running >= this.#workers)
        await new Promise<void>((resolve) => this.#queue.push(resolve))
      if (this.#closed) throw new Error('the pool is closed')
      if (this.#piscina === null) this.#decodeHere(slot)
      else await this.#decodeThere(slot, this.#piscina)
      return true
    } catch (error) {
      if (this.#closed) throw error
      slot.renew()
      this.#options.onTrouble?.({
        kind: 'failed',
        at: startOf(slot.batch),
        bytes: slot.batch.length,
        reason: error instanceof Error ? error.message : String(error),
      })
      return false
    }
  }

  #decodeHere(slot: Slot): void {
    try {
      this.#inline(slot.batch, slot.result)
    } catch (error) {
      this.#inline = this.#options.inline()
      throw error
    }
  }

  async #decodeThere(slot: Slot, piscina: Workers): Promise<void> {
    this.#running++
    const giveUp = new AbortController()
    const patience = this.#patience * (1 + slot.batch.length / (1 << 20))
    const timer = setTimeout(() => giveUp.abort(), patience)
    try {
      adopt(slot, await piscina.run(taskOf(slot), { signal: giveUp.signal }))
    } catch (error) {
      if (!giveUp.signal.aborted) throw error
      throw new Error(`no end after ${Math.round(patience)} ms`, { cause: error })
    } finally {
      clearTimeout(timer)
      this.#running--
      this.#queue.shift()?.()
    }
  }

  #start(workers: number): Workers {
    const piscina = new Piscina<Task, Reply>({
      filename: this.#options.filename,
      workerData: this.#options.workerData,
      minThreads: workers,
      maxThreads: workers,
      maxQueue: workers,
      recordTiming: false,
      niceIncrement: NICE,
      execArgv: EXEC_ARGV,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heap ?? HEAP_MB },
    })
    // A worker that dies between two batches fails no batch; it is replaced.
    piscina.on('error', (error: Error) =>
      this.#options.onTrouble?.({ kind: 'failed', at: null, bytes: 0, reason: error.message }),
    )
    return piscina
  }
}

function startOf({ epoch, marks }: Batch): Position {
  return { epoch, place: marks[2] }
}
