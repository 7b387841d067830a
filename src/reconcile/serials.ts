/**
 * Serials that one node's log skips. They come almost in order: a serial that comes later takes itself
 * out of its gap. After so many in a row far behind, counting begins anew: the host was started again.
 */

import { add, BootGaps, type Gap, sizeOf } from './boot-gaps.ts'

/** Gaps kept; beyond, the oldest are counted without their ranges, some thousand at a time. */
const MAX_GAPS = 65_536
/** Gaps after which it is looked whether there are more than that. */
const LOOK_EVERY = 4096
/** As analysis does (src/analyse/stream/serials.ts): so many, with stamps so much younger (ms). */
const RESET_EVENTS = 16
const RESET_MS = 10_000
/** Milliseconds around a gap in which an event that is not in the log may fill it: not one of another boot. */
const SAME_BOOT_MS = 600_000

/** The gaps of one node. */
export class SerialGaps {
  /** One after the other; the last is the boot at hand. */
  #boots = [new BootGaps()]
  #newest: number | null = null
  /** Stamp of the event of that serial. */
  #time = 0
  #behind = 0
  /** Gaps so far. */
  #opened = 0
  /** Serials in gaps that were let go. */
  #forgotten = 0

  /** All gaps, in the order of the log. */
  get all(): readonly Gap[] {
    return this.#boots.flatMap(({ open }) => open)
  }

  /** How many serials are missing. */
  get missing(): number {
    return this.all.reduce((sum, gap) => sum + sizeOf(gap), this.#forgotten)
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
    if (this.#boot.fill(serial) || time < this.#time + RESET_MS) {
      this.#behind = 0
      return
    }
    if (++this.#behind < RESET_EVENTS) return
    this.#boots.push(new BootGaps())
    this.#newest = serial
    this.#time = time
    this.#behind = 0
  }

  /** Takes the serial of an event that is not in the log out of its gap. */
  fill(serial: number, time: number): void {
    const isNear = (gap: Gap): boolean => Math.abs(gap.time - time) < SAME_BOOT_MS
    this.#boots.findLast((boot) => boot.fill(serial, isNear))
  }

  get #boot(): BootGaps {
    return this.#boots[this.#boots.length - 1]
  }

  #open(gap: Gap): void {
    this.#boot.push(gap)
    if (++this.#opened % LOOK_EVERY === 0) this.#trim()
  }

  /** Lets the oldest gaps go where there are too many, and boots that have none left. */
  #trim(): void {
    this.#boots = this.#boots.filter((boot, i) => boot.count > 0 || i === this.#boots.length - 1)
    let over = this.#boots.reduce((sum, { count }) => sum + count, -MAX_GAPS)
    for (const boot of this.#boots) {
      if (over <= 0) return
      const gone = boot.forget(over)
      over -= gone.length
      this.#forgotten += gone.reduce((sum, gap) => sum + sizeOf(gap), 0)
    }
  }
}
