import type { Begun } from '../../model/delivery.ts'
import { Close } from '../../model/result.ts'
import type { Lack } from './account.ts'

/** What torn events lack, in the checkpoint. */
export interface TornState {
  readonly entries: number
  readonly records: number
  readonly hasEnds: boolean
}

/** Before any event. */
export const NOTHING_TORN: TornState = { entries: 0, records: 0, hasEnds: false }

/** What events lack with those that are open: of the kernel's each comes whole within ms, or not at all. */
export function lackOf({ entries, records, hasEnds }: TornState, open: readonly Begun[]): Lack {
  const begun = hasEnds ? open.filter(({ daemon }) => daemon === 0) : []
  const untitled = begun.filter(({ titled }) => !titled).length
  const all = { entries: entries + begun.length + untitled, records: records + untitled }
  return { ...all, ofOver: records }
}

/**
 * What events lack that came through without their end. The kernel ends an event of a rule with PROCTITLE and
 * EOE, and refuses those too for a full queue: it counts them, though the event came.
 */
export class Torn {
  /** Entries that are missing, and how many of them are records. */
  #entries: number
  #records: number
  /** The stream has EOE at all: a log has none. */
  #hasEnds: boolean

  constructor(state?: TornState) {
    this.#entries = state?.entries ?? 0
    this.#records = state?.records ?? 0
    this.#hasEnds = state?.hasEnds ?? false
  }

  /** Takes an event of a rule, with so many EOE, and why it closed. */
  take(eoe: number, close: number): void {
    if (eoe > 0) this.#hasEnds = true
    else if (!this.#hasEnds) return
    else if (close === Close.Proctitle) this.#entries++
    else if (close === Close.Quiet) {
      this.#entries += 2
      this.#records++
    }
  }

  /** All since the beginning; for the checkpoint, too. */
  state(): TornState {
    return { entries: this.#entries, records: this.#records, hasEnds: this.#hasEnds }
  }
}
