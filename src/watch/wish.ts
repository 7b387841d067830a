/** Looks for which a wish that is repeated may be put off: rules are loaded one by one. */
const MOST_LOOKS = 5

/**
 * A wish that the rules be looked at again, by the time at which it was uttered last. It counts once it
 * has not been repeated from one look to the next.
 */
export class Wish {
  #seen: number
  #done: number
  #looks = 0

  /** What was wished up to `at`, ms since the epoch, is done. */
  constructor(at: number) {
    this.#seen = this.#done = at
  }

  /** Whether it is time to fulfil it, `at` being when it was uttered last. */
  isDue(at: number): boolean {
    const isRepeated = at !== this.#seen
    this.#seen = at
    if (at === this.#done) return false
    return !isRepeated || ++this.#looks >= MOST_LOOKS
  }

  /** What was wished so far is being done. */
  grant(): void {
    this.#done = this.#seen
    this.#looks = 0
  }
}
