/**
 * The way of entries from the kernel to the shim, simulated in steps of a millisecond: kernel's queue,
 * auditd's socket, its thread, its queue for plugins, the plugin's socket, the shim. What each stage
 * holds is known at every step, so that what is made of the arrivals can be held against it.
 */

/** Entries that auditd's socket and the plugin's socket hold, as measured. */
const SOCKET = 216
const PLUGIN_SOCKET = 228
/** Milliseconds that auditd waits for room in a full queue for plugins before it drops a record. */
const STALL_MS = 8
/** Milliseconds that the shim rests between two reads. */
const REST_MS = 3

/** A program whose calls are audited. Times in ms from the start. */
export interface Load {
  /** Events a second at a time. */
  readonly rate: (ms: number) => number
  /** Entries of an event. */
  readonly entries: number
  /** Milliseconds its calls take: they are stamped when they begin, and enqueued when they end. */
  readonly takes?: number
  readonly key?: string
}

/** A host. Rates are entries a second at a time. */
export interface Way {
  readonly ms: number
  readonly loads: readonly Load[]
  readonly limit?: number
  readonly auditd: (ms: number) => number
  readonly queue?: number
  readonly shim?: (ms: number) => number
  /** Milliseconds by which the CPUs' events come in another order. */
  readonly jitter?: number
  readonly seed?: number
}

/** An event that arrived. */
export interface Arrival {
  readonly at: number
  readonly stamp: number
  readonly serial: number
  readonly entries: number
  readonly key: string
}

/** What came of it. */
export interface Passed {
  readonly arrivals: readonly Arrival[]
  /** Entries in the kernel's queue at each millisecond, and in auditd's queue for plugins. */
  readonly backlog: Float64Array
  readonly plugins: Float64Array
  /** When the kernel refused an event first, null for never, and how many in all. */
  readonly lostAt: number | null
  readonly lost: number
}

interface Entry {
  readonly event: Arrival
  readonly isLast: boolean
}

/** A first-in first-out queue whose front costs nothing. */
class Fifo {
  #entries: Entry[] = []
  #head = 0

  get size(): number {
    return this.#entries.length - this.#head
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
  }

  shift(): Entry {
    const entry = this.#entries[this.#head++]
    if (this.#head > 65_536) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }
}

/** Runs a host. */
export function pass(way: Way): Passed {
  const host = new Host(way)
  const backlog = new Float64Array(way.ms)
  const plugins = new Float64Array(way.ms)
  for (let now = 0; now < way.ms; now++) {
    host.step(now)
    backlog[now] = host.kernel.size
    plugins[now] = host.plugins.size
  }
  const { arrivals, lostAt, lost } = host
  return { arrivals, backlog, plugins, lostAt, lost }
}

class Host {
  readonly kernel = new Fifo()
  readonly #socket = new Fifo()
  readonly plugins = new Fifo()
  readonly #plugin = new Fifo()
  readonly arrivals: Arrival[] = []
  lostAt: number | null = null
  lost = 0
  readonly #way: Way
  readonly #random: () => number
  /** Parts of an event that each load has made, and the calls that end at a time. */
  readonly #made: number[]
  readonly #ending = new Map<number, Omit<Arrival, 'at' | 'serial'>[]>()
  #serial = 0
  /** Entries that auditd and the shim may still move in this step. */
  #auditd = 0
  #shim = 0
  #stalled = 0

  constructor(way: Way) {
    this.#way = way
    this.#random = generator(way.seed ?? 1)
    this.#made = way.loads.map(() => this.#random())
  }

  step(now: number): void {
    this.#call(now)
    for (const event of this.#ending.get(now) ?? []) this.#enqueue(now, event)
    this.#ending.delete(now)
    this.#fill()
    this.#runAuditd(now)
    this.#runShim(now)
  }

  #call(now: number): void {
    for (const [i, { rate, entries, takes = 0, key = '' }] of this.#way.loads.entries()) {
      this.#made[i] += rate(now) / 1000
      for (; this.#made[i] >= 1; this.#made[i]--) {
        const at = now + takes + Math.floor(this.#random() * (this.#way.jitter ?? 0))
        const event = { stamp: now, entries, key }
        this.#ending.set(at, [...(this.#ending.get(at) ?? []), event])
      }
    }
  }

  #enqueue(now: number, event: Omit<Arrival, 'at' | 'serial'>): void {
    if (this.kernel.size > (this.#way.limit ?? 8192)) {
      this.lost++
      this.lostAt ??= now
      return
    }
    const numbered = { ...event, at: now, serial: ++this.#serial }
    for (let n = 1; n <= event.entries; n++)
      this.kernel.push({ event: numbered, isLast: n === event.entries })
  }

  #fill(): void {
    while (this.kernel.size > 0 && this.#socket.size < SOCKET)
      this.#socket.push(this.kernel.shift())
    while (this.plugins.size > 0 && this.#plugin.size < PLUGIN_SOCKET)
      this.#plugin.push(this.plugins.shift())
  }

  #runAuditd(now: number): void {
    const { auditd, queue = 2000 } = this.#way
    const step = auditd(now) / 1000
    this.#auditd = Math.min(this.#auditd + step, step + 1)
    for (; this.#auditd >= 1 && this.#socket.size > 0; this.#auditd--) {
      const isFull = this.plugins.size >= queue
      if (isFull && ++this.#stalled <= STALL_MS) return
      const entry = this.#socket.shift()
      if (!isFull) this.plugins.push(entry)
      this.#stalled = 0
      this.#fill()
    }
  }

  /** The shim rests between reads, unless it has more to read than it can. */
  #runShim(now: number): void {
    const { shim } = this.#way
    if (shim === undefined && now % REST_MS !== 0) return
    const step = (shim?.(now) ?? Number.POSITIVE_INFINITY) / 1000
    this.#shim = Math.min(this.#shim + step, step + 1)
    for (; this.#shim >= 1 && this.#plugin.size > 0; this.#shim--) {
      const { event, isLast } = this.#plugin.shift()
      if (isLast) this.arrivals.push({ ...event, at: now })
      this.#fill()
    }
  }
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
