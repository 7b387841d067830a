/** Consecutive serials that are not there. */
export interface Gap {
  first: number
  last: number
  /** Stamp of the event after it, ms since the epoch. */
  readonly time: number
  /** Where that event begins in the log. */
  readonly place: number
}

/**
 * The gaps of one boot, by their serials, which wrap at 2^32 and span less than half of that. One that
 * is filled stays in its place, empty, until half of them are: to close up at each would take as long as
 * to look through them all.
 */
export class BootGaps {
  #gaps: Gap[] = []
  #empty = 0

  /** Gaps that have serials left, in order. */
  get open(): Gap[] {
    return this.#gaps.filter((gap) => sizeOf(gap) > 0)
  }

  /** How many those are. */
  get count(): number {
    return this.#gaps.length - this.#empty
  }

  /** Adds a gap behind the others. */
  push(gap: Gap): void {
    this.#gaps.push(gap)
  }

  /** Takes a serial out of its gap, where it lies in one that `may` be filled; tells whether it did. */
  fill(serial: number, may: (gap: Gap) => boolean = () => true): boolean {
    const at = this.#at(serial)
    const gap = this.#gaps[at]
    if (gap === undefined || ((gap.last - serial) | 0) < 0 || !may(gap)) return false
    if (serial === gap.last) {
      gap.last = add(serial, -1)
      if (sizeOf(gap) === 0) this.#close()
    } else if (serial === gap.first) gap.first = add(serial, 1)
    else {
      this.#gaps.splice(at + 1, 0, { ...gap, first: add(serial, 1) })
      gap.last = add(serial, -1)
    }
    return true
  }

  /** Lets so many of the first gaps go, as far as there are any; gives them. */
  forget(count: number): Gap[] {
    const { open } = this
    const gone = open.splice(0, count)
    this.#gaps = open
    this.#empty = 0
    return gone
  }

  /** Index of the last gap that begins at or before a serial, or -1. */
  #at(serial: number): number {
    let low = 0
    let high = this.#gaps.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (((serial - this.#gaps[middle].first) | 0) >= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** One more is empty. */
  #close(): void {
    if (++this.#empty * 2 <= this.#gaps.length) return
    this.#gaps = this.open
    this.#empty = 0
  }
}

/** How many serials a gap has. */
export function sizeOf({ first, last }: Gap): number {
  return ((last - first) | 0) + 1
}

/** A serial and so many more. */
export function add(serial: number, more: number): number {
  return (serial + more) >>> 0
}
