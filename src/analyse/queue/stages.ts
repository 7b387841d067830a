import type { Reading } from '../../model/reading.ts'

/**
 * Entries that the stages behind the kernel's queue hold when they are full. auditd's socket takes
 * net.core.rmem_default bytes (212,992), a record at least 2,304 and, over 1 KiB, twice that; the socket
 * of a plugin took 228 records. auditd's queue for plugins has `q_depth` places, 2,000 unless set.
 */
const SOCKET = 216
const LEAST_SOCKET = 92
const PLUGIN_SOCKET = 228
const QUEUE = 2000

/** Bytes in auditd's socket below which the kernel has somewhere to put what it holds: a quarter of it. */
const FILLING_BYTES = 53_248

/** Milliseconds around a reading in which it is taken for what was: a watcher looks every second. */
const GAUGE_MS = 2500
/** A socket that had room may have filled since, which is told within a second. */
const ROOM_MS = 1000
const STATE_MS = 5000
/** Readings that are remembered: the stream may lag behind them. */
const MOST_READINGS = 32

/** A number that is known to lie between two, and what it most likely is. */
export interface Span {
  readonly low: number
  readonly likely: number
  readonly high: number
}

/** A figure that was read at a time, ms since the epoch. */
interface Read {
  readonly at: number
  readonly value: number
}

/** The stages in the checkpoint: bytes in the socket, records in the queue, and the queue's room. */
export interface StagesState {
  readonly socket: readonly Read[]
  readonly queue: readonly Read[]
  readonly room: number | null
}

/** What a watcher says of the stages between the kernel's queue and the shim. */
export class Stages {
  #state: StagesState

  constructor(state: StagesState = { socket: [], queue: [], room: null }) {
    this.#state = state
  }

  /** Takes a reading; those of other things are passed over. */
  take(reading: Reading): void {
    const { socket, queue, room } = this.#state
    if (reading.kind === 'netlink')
      this.#set({ socket: later(socket, Date.parse(reading.time), reading.rmem) })
    if (reading.kind === 'auditd' && reading.says === 'queue') this.#set({ room: reading.size })
    if (reading.kind !== 'state') return
    this.#set({ room: reading.queue_size ?? room })
    if (reading.queue_depth !== null)
      this.#set({ queue: later(queue, Date.parse(reading.written), reading.queue_depth) })
  }

  /**
   * Whether auditd's socket was filling at a time, ms since the epoch: only then does the kernel keep
   * anything. Null where no reading tells.
   */
  isFilling(time: number): boolean | null {
    const { socket } = this.#state
    if ((nearest(socket, time, GAUGE_MS) ?? 0) >= FILLING_BYTES) return true
    return nearest(socket, time, ROOM_MS) === null ? null : false
  }

  /** Entries that the stages held at a time while the kernel's queue was not empty. */
  held(time: number): Span {
    const depth = nearest(this.#state.queue, time, STATE_MS)
    const room = this.#state.room ?? QUEUE
    if (depth === null)
      return { low: LEAST_SOCKET, likely: SOCKET, high: SOCKET + room + PLUGIN_SOCKET }
    // A queue that holds something waits for a plugin whose socket is full.
    const plugin = depth > 0 ? PLUGIN_SOCKET : 0
    return {
      low: LEAST_SOCKET + depth / 2,
      likely: SOCKET + depth + plugin,
      high: SOCKET + Math.max(depth, Math.min(room, 2 * depth + SOCKET)) + PLUGIN_SOCKET,
    }
  }

  /** For the checkpoint. */
  state(): StagesState {
    return this.#state
  }

  #set(known: Partial<StagesState>): void {
    this.#state = { ...this.#state, ...known }
  }
}

function later(reads: readonly Read[], at: number, value: number): readonly Read[] {
  return [...reads.slice(1 - MOST_READINGS), { at, value }]
}

/** What was read nearest to a time, within so many ms. */
function nearest(reads: readonly Read[], time: number, within: number): number | null {
  const away = ({ at }: Read): number => Math.abs(at - time)
  const [first] = reads.toSorted((a, b) => away(a) - away(b))
  return first !== undefined && away(first) <= within ? first.value : null
}
