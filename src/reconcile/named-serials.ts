/** Serials that alerts of `stream.gap` say did not come. */

/** Milliseconds around missing serials in which an event has one of them: not one of another boot. */
const SAME_BOOT_MS = 600_000
const WRAP = 2 ** 32

/** Serials of a node in a row, which wrap at 2^32. */
export interface SerialSpan {
  readonly from: number
  readonly to: number
  /** Stamps of the events before and after them, ms since the epoch. */
  readonly before: number
  readonly after: number
}

/** The spans of one node. */
interface NodeSpans {
  /** By their first serial, once they are asked for. */
  spans: SerialSpan[]
  /** The highest last serial of all up to each of them. */
  reach: number[]
  isSorted: boolean
}

/** Takes spans in any order, and tells which serial is in one. */
export class NamedSerials {
  readonly #nodes = new Map<string, NodeSpans>()

  /** Adds a span of a node. */
  add(node: string, span: SerialSpan): void {
    const own = this.#nodes.get(node) ?? { spans: [], reach: [], isSorted: false }
    this.#nodes.set(node, own)
    own.isSorted = false
    if (span.from <= span.to) own.spans.push(span)
    else own.spans.push({ ...span, to: WRAP - 1 }, { ...span, from: 0 })
  }

  /** Whether the event of a node with this serial, stamped `time` (ms since the epoch), is named. */
  has(node: string, serial: number, time: number): boolean {
    const own = this.#nodes.get(node)
    if (own === undefined) return false
    if (!own.isSorted) sort(own)
    const { spans, reach } = own
    for (let at = lastFrom(spans, serial); at >= 0 && reach[at] >= serial; at--) {
      const { to, before, after } = spans[at]
      if (to >= serial && time > before - SAME_BOOT_MS && time < after + SAME_BOOT_MS) return true
    }
    return false
  }
}

function sort(own: NodeSpans): void {
  own.spans.sort((a, b) => a.from - b.from)
  let highest = 0
  own.reach = own.spans.map(({ to }) => (highest = Math.max(highest, to)))
  own.isSorted = true
}

/** Index of the last span that begins at or before a serial, or -1. */
function lastFrom(spans: readonly SerialSpan[], serial: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle].from <= serial) low = middle + 1
    else high = middle
  }
  return low - 1
}
