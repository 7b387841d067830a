import type { Message } from '../../model/delivery.ts'
import { nodeGone, nodeSilent, nodeSpeaks, type Voice } from './tamper-alerts.ts'

/** Shortest silence that is told, of a node that has been known for a day, and before that. */
const SHORTEST_MS = 10 * 60_000
const NEW_MS = 60 * 60_000
const DAY_MS = 24 * 60 * 60_000
/** How many times its longest silence of late a node may be silent. */
const FACTOR = 2
/** Milliseconds of silence after which a node that was told is taken to be out of service. */
const GONE_MS = 7 * DAY_MS
/** Milliseconds in which a silence of before counts half. */
const HALF_LIFE_MS = 7 * DAY_MS

/** A voice in the checkpoint. Times are of the stream's clock while its writer was there. */
export interface SilenceState {
  /** When it was first heard, and last. */
  readonly since: number
  readonly heard: number
  /** Its longest silence, that of long ago counted less, and how long the present one was when last looked at. */
  readonly longest: number
  readonly quiet: number
  /** Time of its last event, ms since the epoch. */
  readonly stamp: number
  /** When it fell silent by the time of its events, ms since the epoch, once that is told. */
  readonly silentAt: number | null
}

/** Learns how long a voice of a node is usually silent, and says when it is for longer. */
export class Silence {
  readonly #node: string
  readonly #voice: Voice
  readonly #emitAlert: (alert: Message) => void
  #state: SilenceState | null

  constructor(
    node: string,
    voice: Voice,
    emitAlert: (alert: Message) => void,
    state: SilenceState | null = null,
  ) {
    this.#node = node
    this.#voice = voice
    this.#emitAlert = emitAlert
    this.#state = state
  }

  /** A silence was told, and goes on. */
  get isSilent(): boolean {
    return this.#state !== null && this.#state.silentAt !== null
  }

  /** Nothing is to be expected of it: a silence goes on, or went on until it was missed no more. */
  get isAway(): boolean {
    return this.#state === null || this.isSilent
  }

  /**
   * The clock is at `clock`, the voice was last heard at `heard`, and the node's newest event is of the time
   * `newest`: ms since the epoch, or NaN where its time has not begun.
   */
  look(clock: number, heard: number, newest: number): void {
    // Of what is gone nothing is learned until it speaks again.
    if (this.#state === null && (Number.isNaN(newest) || clock - heard >= GONE_MS)) return
    this.#hear(heard, newest)
    const state = this.#state
    if (state === null) return
    const quiet = clock - heard
    if (state.silentAt !== null && quiet >= GONE_MS) {
      this.#emitAlert(nodeGone(this.#node, state.silentAt, state.silentAt + quiet, this.#voice))
      this.#state = null
      return
    }
    this.#state = { ...state, quiet: Math.max(state.quiet, quiet) }
    const { since, longest, silentAt, stamp } = state
    const shortest = clock - since < DAY_MS ? NEW_MS : SHORTEST_MS
    const bound = Math.max(shortest, FACTOR * longest)
    // What was heard for less than that was never known to speak.
    if (silentAt !== null || quiet < bound || heard - since < bound) return
    this.#state = { ...this.#state, silentAt: stamp }
    const figures = { voice: this.#voice, quiet, longest }
    this.#emitAlert(nodeSilent(this.#node, stamp, stamp + quiet, figures))
  }

  /** An event of the voice has come, while it was thought silent. */
  speak(heard: number, stamp: number): void {
    const silentAt = this.#state?.silentAt ?? null
    if (silentAt === null) return
    this.#hear(heard, stamp)
    this.#emitAlert(nodeSpeaks(this.#node, silentAt, stamp, this.#voice))
  }

  /** For the checkpoint. */
  state(): SilenceState | null {
    return this.#state
  }

  /** The voice was last heard at `heard`: a silence before that is over. */
  #hear(heard: number, stamp: number): void {
    const state = this.#state
    if (state === null) {
      this.#state = { since: heard, heard, longest: 0, quiet: 0, stamp, silentAt: null }
    } else if (heard > state.heard) {
      const faded = state.longest * 2 ** (-(heard - state.heard) / HALF_LIFE_MS)
      const longest = Math.max(state.quiet, faded)
      const at = Number.isNaN(stamp) ? state.stamp : stamp
      this.#state = { ...state, heard, longest, quiet: 0, stamp: at, silentAt: null }
    }
  }
}
