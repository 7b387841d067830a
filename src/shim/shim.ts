/**
 * From standard input to the spool. Reading never waits for writing: input fills a ring, one loop
 * empties it. When the spool cannot be written the ring fills, then the newest bytes are dropped and
 * counted; when it has reached its limit the setting says what goes. Nothing at run time ends the shim:
 * a plugin that exits is started again ten times at once and is then silently absent.
 */

import { join } from 'node:path'
import { reasonOf } from './disk.ts'
import type { Input } from './input.ts'
import { openInput } from './input.ts'
import type { Notes } from './notes.ts'
import { Severity } from './notes.ts'
import { now, Ring } from './ring.ts'
import { Room } from './room.ts'
import { Segments } from './segments.ts'
import { describeSelf } from './self.ts'
import type { Totals, WhenFull } from './store.ts'
import { Store } from './store.ts'

/** Longest time bytes wait for more before they become a frame. */
const BURST_MS = 5
/** Quiet after which one tick says that the stream is alive: over the 2 s after which an event closes. */
const TICK_MS = 2500
/** Interval of the look at `released` while there is something to delete. */
const UPKEEP_MS = 1000
/** Time left to drain after `stop`, and to a spool that takes nothing at the end. */
const PATIENCE_MS = 3000
/** Time a last try may take before it is not waited for. */
const LAST_TRY_MS = 250

/** What a shim takes. Only `spool` and `notes` are needed. */
export interface ShimOptions {
  /** Descriptor to read; standard input unless set. */
  readonly fd?: number
  /** Spool directory. */
  readonly spool: string
  /** Where `released` is read; `state` in the spool directory unless set. */
  readonly state?: string
  /** Bytes the spool may use. */
  readonly limit?: number | null
  /** Bytes that stay free in its file system. */
  readonly keepFree?: number | null
  readonly whenFull?: WhenFull
  /** Milliseconds after which bytes are synced, 0 for every frame, null for never. */
  readonly syncMs?: number | null
  /** Bytes of the ring. */
  readonly ringBytes?: number
  readonly notes: Notes
}

/** A running shim. */
export interface Shim {
  /** Settles when input has ended and all is written, or cannot be. */
  readonly done: Promise<Totals>
  readonly totals: Readonly<Totals>
  /** Drains what still comes for 3 s at most; a second call ends reading at once. */
  stop(): void
}

/** Starts moving bytes. Throws a `Failure` only for an input that cannot be read. */
export function startShim(options: ShimOptions): Shim {
  return new Pump(options)
}

class Pump implements Shim {
  readonly done: Promise<Totals>
  readonly totals: Totals = { read: 0, written: 0, dropped: 0, droppedLineFeeds: 0 }
  readonly #notes: Notes
  readonly #ring: Ring
  readonly #room: Room
  readonly #store: Store
  readonly #input: Input
  readonly #whenFull: WhenFull
  /** Input waits for the ring instead of losing bytes. */
  readonly #waits: boolean
  #settle: (totals: Totals) => void = () => undefined
  #burstTimer: NodeJS.Timeout | null = null
  #tickTimer: NodeJS.Timeout | null = null
  #upkeepTimer: NodeJS.Timeout | null = null
  #patience: NodeJS.Timeout | null = null
  #running = false
  #burstDue = false
  #tickDue = false
  #stopping = false
  #ended = false
  #closed = false

  constructor(options: ShimOptions) {
    const { spool, notes, whenFull = 'drop-newest', syncMs = 1000 } = options
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#notes = notes
    this.#ring = new Ring(options.ringBytes)
    this.#room = new Room({
      directory: spool,
      stateDirectory: options.state ?? join(spool, 'state'),
      limit: options.limit ?? null,
      keepFree: options.keepFree ?? null,
    })
    const segments = new Segments({
      directory: spool,
      self: describeSelf(),
      segmentBytes: () => this.#room.segmentBytes,
      releasedEpoch: async () => (await this.#room.released())?.epoch ?? 0,
      syncMs,
      onSyncError: (error) =>
        notes.say(Severity.Error, `cannot sync the spool: ${reasonOf(error)}`),
    })
    this.#whenFull = whenFull
    this.#store = new Store(segments, this.#room, whenFull, notes, this.totals)
    this.#input = openInput(options.fd ?? 0, {
      data: (bytes) => this.#onData(bytes),
      end: (error) => this.#onEnd(error),
    })
    this.#waits = this.#input.patient || whenFull === 'block'
  }

  stop(): void {
    const isFirst = !this.#stopping
    this.#stopping = true
    if (this.#ended) this.#hurry()
    else if (isFirst) setTimeout(() => this.#onEnd(null), PATIENCE_MS)
    else this.#onEnd(null)
  }

  #onData(bytes: Buffer): void {
    if (this.#ended) return
    this.totals.read += bytes.length
    this.#ring.push(bytes, now())
    if (this.#waits && this.#ring.isFull) this.#input.pause()
    if (this.#ring.hasWhole) this.#wake()
    if (this.#ring.isFilling) this.#burstTimer ??= setTimeout(() => this.#onBurst(), BURST_MS)
  }

  #onBurst(): void {
    this.#burstTimer = null
    this.#burstDue = this.#ring.isFilling
    if (this.#burstDue) this.#wake()
  }

  #onTick(): void {
    this.#ring.trim()
    this.#tickDue = true
    this.#wake()
  }

  #onEnd(error: Error | null): void {
    if (this.#ended) return
    if (error) this.#notes.say(Severity.Warning, `standard input failed: ${reasonOf(error)}`)
    this.#ended = true
    this.#input.close()
    // Who has chosen to block waits for room as long as nobody stops it.
    if (this.#whenFull !== 'block' || this.#stopping) this.#hurry()
    this.#wake()
  }

  /** Gives up once nothing could be written for a while. */
  #hurry(): void {
    this.#patience ??= setTimeout(() => {
      this.#store.giveUp()
      setTimeout(() => this.#settle(this.totals), LAST_TRY_MS)
    }, PATIENCE_MS)
  }

  async #upkeep(): Promise<void> {
    await this.#store.upkeep()
    this.#upkeepTimer = null
    if (this.#room.hasOld || this.#store.hasGap) this.#armUpkeep()
    if (this.#store.hasGap) this.#wake()
  }

  #armUpkeep(): void {
    this.#upkeepTimer ??= setTimeout(() => void this.#upkeep(), UPKEEP_MS)
  }

  #wake(): void {
    if (!this.#running) void this.#run()
  }

  /** The one loop that writes; it runs while there is something to write. */
  async #run(): Promise<void> {
    this.#running = true
    try {
      while (await this.#step());
    } finally {
      this.#running = false
    }
  }

  /** Writes one thing; false when there is nothing. No wait lies between finding none and saying so. */
  async #step(): Promise<boolean> {
    const entry = this.#ring.take(this.#burstDue || this.#ended)
    this.#burstDue &&= this.#ring.isFilling
    if (entry?.kind === 'block') {
      const written = await this.#store.block(entry)
      this.#ring.give(entry)
      if (written) this.#wrote()
      if (!this.#ended && !this.#ring.isFull) this.#input.resume()
      this.#armUpkeep()
    } else if (entry) {
      const { firstNs, firstMs, lastNs, lastMs, bytes, lineFeeds } = entry
      const last = { ns: lastNs, ms: lastMs }
      this.#store.drop({ ns: firstNs, ms: firstMs }, last, bytes, lineFeeds)
      this.#armUpkeep()
    } else if (this.#ended && !this.#closed) {
      this.#closed = true
      await this.#close()
    } else if (this.#store.isGapDue && !this.#closed) {
      await this.#store.gap(false)
    } else if (this.#tickDue && !this.#closed) {
      this.#tickDue = false
      await this.#store.tick()
    } else {
      return false
    }
    return true
  }

  #wrote(): void {
    this.#patience?.refresh()
    this.#tickDue = false
    if (this.#tickTimer) this.#tickTimer.refresh()
    else this.#tickTimer = setTimeout(() => this.#onTick(), TICK_MS)
  }

  async #close(): Promise<void> {
    await this.#store.end()
    for (const timer of [this.#tickTimer, this.#upkeepTimer, this.#patience, this.#burstTimer]) {
      if (timer) clearTimeout(timer)
    }
    this.#settle(this.totals)
  }
}
