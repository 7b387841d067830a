import type { Block } from '../model/delivery.ts'
import { KEY_SEPARATOR } from '../model/key-set.ts'
import { addCounts, CLOSE_NAMES, createCounts } from '../model/result.ts'

/** Distinct rule keys counted apart; audit.rules files have tens. */
const MAX_KEYS = 10_000

interface KeyCounts {
  events: number
  records: number
}

/** What went through `decode`: sums over blocks, numbers only. */
export class Stats {
  readonly #counts = createCounts()
  readonly #incomplete = new Map<string, number>()
  readonly #keys = new Map<string, KeyCounts>()
  readonly #noKey: KeyCounts = { events: 0, records: 0 }
  readonly #otherKeys: KeyCounts = { events: 0, records: 0 }
  #events = 0

  /** Lines that were no record so far. */
  get rejected(): number {
    return this.#counts.rejected
  }

  /** Adds a block. */
  add(block: Block): void {
    addCounts(this.#counts, block.counts)
    for (const { result, from, to } of block.runs) {
      const { events, keySets, order } = result
      const sets = keySets.map((): KeyCounts => ({ events: 0, records: 0 }))
      for (let at = from; at < to; at++) {
        const row = order[at]
        const set = sets[events.keySet[row]]
        set.events++
        set.records += events.records[row]
        if (events.complete[row] === 0) this.#addIncomplete(CLOSE_NAMES[events.close[row]])
      }
      this.#events += to - from
      for (const [i, set] of sets.entries()) if (set.events > 0) this.#addKeys(keySets[i], set)
    }
  }

  /** The JSON object that `--stats` prints. An event with two keys counts in both. */
  report(seconds: number): object {
    const { lines, records, eoe, blank, rejected, bytes } = this.#counts
    return {
      lines,
      records,
      eoe,
      blank,
      rejected,
      bytes,
      events: this.#events,
      incomplete: Object.fromEntries(this.#incomplete),
      seconds: Number(seconds.toFixed(3)),
      records_per_second: Math.round(records / seconds),
      keys: Object.fromEntries(
        [...this.#keys].toSorted(([, a], [, b]) => b.records - a.records || b.events - a.events),
      ),
      no_key: this.#noKey,
      other_keys: this.#otherKeys,
    }
  }

  #addIncomplete(reason: string): void {
    this.#incomplete.set(reason, (this.#incomplete.get(reason) ?? 0) + 1)
  }

  #addKeys(joined: string, more: KeyCounts): void {
    for (const key of joined.split(KEY_SEPARATOR)) {
      const sum = joined === '' ? this.#noKey : this.#keyCounts(key)
      sum.events += more.events
      sum.records += more.records
    }
  }

  #keyCounts(key: string): KeyCounts {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    if (this.#keys.size >= MAX_KEYS) return this.#otherKeys
    const fresh = { events: 0, records: 0 }
    this.#keys.set(key, fresh)
    return fresh
  }
}
