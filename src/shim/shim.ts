/**
 * From standard input to the spool. Reading never waits for writing: input fills a ring, one loop
 * empties it. When the spool cannot be written the ring fills, then the newest bytes are dropped and
 * counted; when it has reached its limit the setting says what goes. Nothing at run time ends the shim:
 * a plugin that exits is started again ten times at once and is then silently absent.
 */

import { join } from 'node:path'
import { reasonOf } from './disk.ts'
import { Fill } from './fill.ts'
import type { Input, InputHandlers, Rest } from './input.ts'
import { openInput } from './input.ts'
import type { Notes } from './notes.ts'
import { Severity } from './notes.ts'
import { Packer } from './packer.ts'
import type { Block } from './ring.ts'
import { now, Ring } from './ring.ts'
import { Room } from './room.ts'
import { Segments } from './segments.ts'
import { describeSelf } from './self.ts'
import type { Totals, WhenFull } from './store.ts'
import { Store } from './store.ts'

/** Longest time bytes wait for more before they become a frame. */
const BURST_MS = 5
/** Quiet after which a tick says that the stream is alive: over the 2 s after which an event closes. */
const TICK_MS = 2500
/** Interval of the ticks while it stays quiet: that of a rates row, which silence must not hold up. */
const QUIET_TICK_MS = 10_000
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
  /** Opens what is read instead of a descriptor. */
  readonly input?: (handlers: InputHandlers) => Input
  /** Spool directory. */
  readonly spool: string
  /** Where `released` is read; `state` in the spool directory unless set. */
  readonly state?: string
  /** Bytes the spool may use. */
  readonly limit?: number | null
  /** Bytes that stay free in its file system. */
  readonly keepFree?: number | null
  readonly whenFull?: WhenFull
  /** Packs finished segments while the backlog is large; so unless set. */
  readonly compress?: boolean
  /** Milliseconds after which bytes are synced, 0 for every frame, null for never. */
  readonly syncMs?: number | null
  /** Bytes of the ring. */
  readonly ringBytes?: number
  /** How input rests between small reads; the thread only where it does nothing else. */
  readonly rest?: Rest
  /**
   * Told after each step how many bytes of the input are done with, and whether all of this step are in
   * the spool, synced where every frame is.
   */
  readonly onStep?: (done: number, kept: boolean) => void
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
  readonly #segments: Segments
  readonly #packer: Packer
  readonly #fill: Fill
  readonly #store: Store
  readonly #input: Input
  readonly #whenFull: WhenFull
  /** Input waits for the ring instead of losing bytes. */
  readonly #waits: boolean
  readonly #onStep: ((done: number, kept: boolean) => void) | null
  /** Bytes dropped before this step. */
  #droppedBefore = 0
  #syncFailed = false
  #settle: (totals: Totals) => void = () => undefined
  #burstTimer: NodeJS.Timeout | null = null
  #tickTimer: NodeJS.Timeout | null = null
  #upkeepTimer: NodeJS.Timeout | null = null
  #patience: NodeJS.Timeout | null = null
  #running = false
  #burstDue = false
  #tickDue = false
  #quiet = false
  /** When the last bytes that were written came. */
  #wroteNs = 0
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
    this.#segments = new Segments({
      directory: spool,
      self: describeSelf(),
      segmentBytes: () => this.#room.segmentBytes,
      releasedEpoch: async () => (await this.#room.released())?.epoch ?? 0,
      syncMs,
      onGrown: (bytes) => this.#room.add(bytes),
      onSyncError: (error) => {
        this.#syncFailed = true
        notes.say(Severity.Error, `cannot sync the spool: ${reasonOf(error)}`)
      },
    })
    this.#onStep = options.onStep ?? null
    this.#whenFull = whenFull
    this.#packer = new Packer(spool, this.#room)
    this.#fill = new Fill(spool, this.#room, notes)
    if (options.compress === false) this.#packer.stop()
    this.#store = new Store(this.#segments, this.#room, whenFull, notes, this.totals)
    const { fd = 0, rest = 'input', input = (to) => openInput(fd, rest, to) } = options
    this.#input = input({
      room: (most) => this.#ring.room(most),
      data: (bytes, size, drained) => this.#onData(bytes, size, drained),
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

  #onData(bytes: Uint8Array, size: number, drained: boolean): void {
    if (this.#ended) return
    this.totals.read += size
    this.#ring.push(bytes, size)
    if (this.#waits && this.#ring.isFull) this.#input.pause()
    // A stream that is all but empty has nothing to wait for; the next read takes what comes meanwhile.
    if (drained) this.#burstDue = true
    else if (!this.#burstTimer) this.#armBurst(BURST_MS)
    if (this.#burstDue || this.#ring.isDue) this.#wake()
  }

  #armBurst(ms: number): void {
    this.#burstTimer = setTimeout(() => this.#onBurst(), ms)
  }

  /** Sends what has waited its time; what came later waits on. */
  #onBurst(): void {
    this.#burstTimer = null
    const since = this.#ring.waitingSince
    if (since === null) return
    const rest = BURST_MS - (now().ns - since) / 1e6
    if (rest > 0) return this.#armBurst(rest)
    this.#burstDue = true
    this.#wake()
  }

  #onTick(): void {
    const rest = TICK_MS - (now().ns - this.#wroteNs) / 1e6
    if (rest > 0) return this.#armTick(rest)
    this.#quiet = true
    this.#tickDue = true
    this.#ring.trim()
    this.#armTick(QUIET_TICK_MS)
    this.#wake()
  }

  #armTick(ms: number): void {
    if (this.#tickTimer) clearTimeout(this.#tickTimer)
    this.#tickTimer = setTimeout(() => this.#onTick(), ms)
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
    this.#packer.look(this.#segments.current)
    await this.#fill.look()
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
      for (let work = this.#next(); work; work = this.#next()) await work
    } finally {
      this.#running = false
    }
  }

  /** Starts the next thing to do; null when there is none. */
  #next(): Promise<void> | null {
    const all = this.#burstDue || this.#ended
    const taken = all || this.#ring.isDue ? this.#ring.take(all) : null
    this.#burstDue &&= this.#ring.waitingSince !== null
    if (Array.isArray(taken)) return this.#write(taken)
    if (taken) {
      const { firstNs, firstMs, lastNs, lastMs, bytes, lineFeeds } = taken
      const last = { ns: lastNs, ms: lastMs }
      this.#store.drop({ ns: firstNs, ms: firstMs }, last, bytes, lineFeeds)
      this.#stepped()
      this.#armUpkeep()
      return this.#next()
    }
    if (this.#closed) return null
    if (this.#ended) {
      this.#closed = true
      return this.#close()
    }
    if (this.#store.isGapDue) return this.#store.gap(false)
    if (!this.#tickDue) return null
    this.#tickDue = false
    return this.#store.tick()
  }

  async #write(blocks: readonly Block[]): Promise<void> {
    for (let done = 0; done < blocks.length; ) {
      const { written } = this.totals
      const count = await this.#store.write(done === 0 ? blocks : blocks.slice(done))
      for (const end = done + count; done < end; done++) this.#ring.give(blocks[done])
      if (this.totals.written > written) this.#wrote(blocks[done - 1])
      this.#stepped()
      if (!this.#ended && !this.#ring.isFull) this.#input.resume()
    }
    this.#armUpkeep()
  }

  #stepped(): void {
    const { written, dropped } = this.totals
    this.#onStep?.(written + dropped, dropped === this.#droppedBefore && !this.#syncFailed)
    this.#droppedBefore = dropped
    this.#syncFailed = false
  }

  #wrote({ monotonicNs }: Block): void {
    this.#patience?.refresh()
    this.#wroteNs = monotonicNs
    this.#tickDue = false
    if (this.#tickTimer && !this.#quiet) return
    this.#quiet = false
    this.#armTick(TICK_MS)
  }

  async #close(): Promise<void> {
    this.#packer.stop()
    await this.#store.end()
    for (const timer of [this.#tickTimer, this.#upkeepTimer, this.#patience, this.#burstTimer]) {
      if (timer) clearTimeout(timer)
    }
    this.#settle(this.totals)
  }
}
