/** Interval at which what happened is told. */
const TELL_MS = 60_000
/** Kinds that are told apart; an attacker must not choose how much is kept. */
const MAX_KINDS = 32

interface Kind {
  count: number
  readonly address: string | null
}

/** Counts what goes wrong with connections and tells it at once, then once a minute at most. */
export class Tally {
  readonly #warn: (text: string) => void
  #kinds = new Map<string, Kind>()
  #toldAt = -Infinity

  constructor(warn: (text: string) => void) {
    this.#warn = warn
  }

  /** Counts one connection; of those alike the first address is told. */
  add(what: string, address: string | null = null): void {
    const kind = this.#kinds.get(what)
    if (kind !== undefined) kind.count++
    else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(what, { count: 1, address })
    this.tell(performance.now())
  }

  /** Tells what was counted, if that is due; `now` in ms of a clock that does not jump. */
  tell(now: number): void {
    if (this.#kinds.size === 0 || now - this.#toldAt < TELL_MS) return
    this.#toldAt = now
    for (const [what, { count, address }] of this.#kinds) {
      const from = address === null ? '' : ` from ${address}`
      this.#warn(`received connections${from}: ${what}${count > 1 ? ` (${count} times)` : ''}`)
    }
    this.#kinds = new Map()
  }
}
