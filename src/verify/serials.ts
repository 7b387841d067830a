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

/** Serials that came, each with the last time it came, ms since the epoch. About 40 bytes each. */
export class Serials {
  readonly #nodes = new Map<string, Map<number, number>>()

  add(node: string, serial: number, time: number): void {
    const own = this.#nodes.get(node) ?? new Map<number, number>()
    this.#nodes.set(node, own)
    own.set(serial, time)
  }

  /** How many of a run came from one time to another. */
  countIn(node: string, { first, count }: SerialRun, from: number, to: number): number {
    const own = this.#nodes.get(node)
    if (own === undefined || count > MOST) return 0
    let there = 0
    for (let i = 0; i < count; i++) {
      const time = own.get((first + i) % WRAP)
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
    const own = this.#nodes.get(node)
    const all = ((last - first + WRAP) % WRAP) + 1
    if (all > MOST) return []
    const isKnown = (serial: number): boolean =>
      ranges.some(({ from, count }) => (serial - from + WRAP) % WRAP < count)
    const runs: { first: number; count: number }[] = []
    for (let i = 0; i < all; i++) {
      const serial = (first + i) % WRAP
      if (own?.has(serial) === true || isKnown(serial)) continue
      const run = runs.at(-1)
      if (run !== undefined && (run.first + run.count) % WRAP === serial) run.count++
      else runs.push({ first: serial, count: 1 })
    }
    return runs
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
