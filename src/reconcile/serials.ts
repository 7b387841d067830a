/**
 * Serials that one node's log skips. They come almost in order: a serial that comes later takes itself
 * out of its gap. After so many in a row far behind, counting begins anew: the host was started again.
 */

/** Gaps kept at most; beyond, the oldest are counted without their ranges. */
const MAX_GAPS = 65_536
/** As analysis does (src/analyse/stream/serials.ts): so many, with stamps so much younger (ms). */
const RESET_EVENTS = 16
const RESET_MS = 10_000
/** Milliseconds around a gap in which an event that is not in the log may fill it: not one of another boot. */
const SAME_BOOT_MS = 600_000

/** Consecutive serials that are not there. */
export interface Gap {
  first: number
  last: number
  /** Stamp of the event after it, ms since the epoch. */
  readonly time: number
  /** Where that event begins in the log. */
  readonly place: number
}

/** The gaps of one node. */
export class SerialGaps {
  readonly #gaps: Gap[] = []
  #newest: number | null = null
  /** Stamp of the event of that serial. */
  #time = 0
  /** Gaps before this one are of an earlier boot. */
  #boot = 0
  #behind = 0
  /** Serials in gaps that were let go. */
  #forgotten = 0

  /** All gaps, in the order of the log. */
  get all(): readonly Gap[] {
    return this.#gaps
  }

  /** How many serials are missing. */
  get missing(): number {
    return this.#gaps.reduce((sum, gap) => sum + sizeOf(gap), this.#forgotten)
  }

  /** Takes the serial of the next event, whose stamp is `time` and which begins at `place`. */
  take(serial: number, time: number, place: number): void {
    const ahead = this.#newest === null ? 1 : (serial - this.#newest) | 0
    if (ahead > 0) {
      if (ahead > 1)
        this.#open({ first: add(serial, 1 - ahead), last: add(serial, -1), time, place })
      this.#newest = serial
      this.#time = time
      this.#behind = 0
      return
    }
    const isFilled = this.#fill(serial, (_gap, i) => i >= this.#boot)
    if (isFilled || time < this.#time + RESET_MS) {
      this.#behind = 0
      return
    }
    if (++this.#behind < RESET_EVENTS) return
    this.#boot = this.#gaps.length
    this.#newest = serial
    this.#time = time
    this.#behind = 0
  }

  /** Takes the serial of an event that is not in the log out of its gap. */
  fill(serial: number, time: number): void {
    this.#fill(serial, (gap) => Math.abs(gap.time - time) < SAME_BOOT_MS)
  }

  #fill(serial: number, may: (gap: Gap, index: number) => boolean): boolean {
    for (let i = this.#gaps.length - 1; i >= 0; i--) {
      const gap = this.#gaps[i]
      if (((serial - gap.first) | 0) < 0 || ((gap.last - serial) | 0) < 0 || !may(gap, i)) continue
      if (gap.first === gap.last) this.#gaps.splice(i, 1)
      else if (serial === gap.first) gap.first = add(serial, 1)
      else if (serial === gap.last) gap.last = add(serial, -1)
      else {
        this.#gaps.splice(i + 1, 0, { ...gap, first: add(serial, 1) })
        gap.last = add(serial, -1)
      }
      return true
    }
    return false
  }

  #open(gap: Gap): void {
    this.#gaps.push(gap)
    if (this.#gaps.length <= MAX_GAPS) return
    const gone = this.#gaps.splice(0, MAX_GAPS / 4)
    this.#forgotten += gone.reduce((sum, each) => sum + sizeOf(each), 0)
    this.#boot = Math.max(0, this.#boot - gone.length)
  }
}

/** How many serials a gap has. */
export function sizeOf({ first, last }: Gap): number {
  return ((last - first) | 0) + 1
}

function add(serial: number, more: number): number {
  return (serial + more) >>> 0
}
