/**
 * A seeded source of numbers: sfc32 of Chris Doty-Humphrey's PractRand, 128 bits of state, which
 * passes its tests and costs a few additions a draw. The same seed gives the same numbers on every
 * machine, which is why nothing here may use `Math.random`.
 */
export class Random {
  private a: number
  private b: number
  private c = 0
  private counter = 1

  /** `seed` is any safe integer; the first draws are thrown away to mix it in. */
  constructor(seed: number) {
    this.a = seed | 0
    this.b = Math.floor(seed / 2 ** 32) | 0
    for (let i = 0; i < 12; i++) this.next()
  }

  /** The next number in [0, 2^32). */
  next(): number {
    const drawn = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + drawn) | 0
    return drawn >>> 0
  }

  /** A number in [0, 1). */
  share(): number {
    return this.next() / 2 ** 32
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.share() * n)
  }

  /** A whole number in [0, n), low ones far more often: half of all lie in the first quarter. */
  skewed(n: number): number {
    const drawn = this.share()
    return Math.floor(drawn * drawn * n)
  }
}
