/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** From `least` to below `most`. */
  between(least: number, most: number): number {
    return least + (most - least) * this.next()
  }

  /** The same with a whole number. */
  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most))
  }

  /** From `least` to `most`, each doubling as likely as another. */
  scaled(least: number, most: number): number {
    return least * (most / least) ** this.next()
  }

  /** About normal, mean 0 and deviation 1: the sum of four even ones. */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * Math.sqrt(3)
  }

  /** At least 1, with a heavy tail that is the lighter the higher `tail` is. */
  pareto(tail: number): number {
    return (1 - this.next()) ** (-1 / tail)
  }

  /** True with so much probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length)]
  }
}
