/** Serials of events that are there, by node, and runs of them for people. */

const WRAP = 2 ** 32
/** Serials in a row that are looked at one by one: more are no interval of a node that lives. */
const MOST = 10_000_000
/** Runs that a text names. */
const NAMED = 10

/** Consecutive serials, which wrap at 2^32. */
export interface SerialRun {
  readonly first: number
  readonly count: number
}

/** Serials that have a map together: one map for all would end at 2^24 of them. */
const TOGETHER = 1 << 16

/** Serials that came, each with the last time it came, ms since the epoch. About 40 bytes each. */
export class Serials {
  readonly #nodes = new Map<string, Map<number, Map<number, number>>>()

  add(node: string, serial: number, time: number): void {
    const own = this.#nodes.get(node) ?? new Map<number, Map<number, number>>()
    this.#nodes.set(node, own)
    const group = Math.floor(serial / TOGETHER)
    const near = own.get(group) ?? new Map<number, number>()
    own.set(group, near.set(serial, time))
  }

  /** How many of a run came from one time to another. */
  countIn(node: string, { first, count }: SerialRun, from: number, to: number): number {
    if (count > MOST) return 0
    let there = 0
    for (let i = 0; i < count; i++) {
      const time = this.#timeOf(node, (first + i) % WRAP)
      if (time !== undefined && time >= from && time <= to) there++
    }
    return there
  }

  /** Those from `first` to `last` that did not come, and are in none of the ranges. */
  absent(
    node: string,
    first: number,
    last: number,
    ranges: readonly { readonly from: number; readonly count: number }[],
  ): SerialRun[] {
    const all = ((last - first + WRAP) % WRAP) + 1
    if (all > MOST) return []
    const isKnown = (serial: number): boolean =>
      ranges.some(({ from, count }) => (serial - from + WRAP) % WRAP < count)
    const runs: { first: number; count: number }[] = []
    for (let i = 0; i < all; i++) {
      const serial = (first + i) % WRAP
      if (this.#timeOf(node, serial) !== undefined || isKnown(serial)) continue
      const run = runs.at(-1)
      if (run !== undefined && (run.first + run.count) % WRAP === serial) run.count++
      else runs.push({ first: serial, count: 1 })
    }
    return runs
  }

  #timeOf(node: string, serial: number): number | undefined {
    return this.#nodes
      .get(node)
      ?.get(Math.floor(serial / TOGETHER))
      ?.get(serial)
  }
}

/** `5-7 9`, and how many more runs there are; null for none. */
export function textOfRuns(runs: readonly SerialRun[]): string | null {
  if (runs.length === 0) return null
  const named = runs
    .slice(0, NAMED)
    .map(({ first, count }) =>
      count === 1 ? `${first}` : `${first}-${(first + count - 1) % WRAP}`,
    )
  const more = runs.length - named.length
  return named.join(' ') + (more > 0 ? ` and ${more} more` : '')
}
