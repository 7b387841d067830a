import type { GeneratorOptions } from './options.ts'

/** A burst: one second in ten carries ten times the rate, the sixth of each ten first. */
const BURST_PERIOD = 10
const BURST_SECOND = 5
const BURST_FACTOR = 10

/** Seconds a ramp climbs where the stream has no end of its own. */
const RAMP_SECONDS = 60

/** Events of one second of stream time. */
export interface SecondRate {
  /** Of the ordinary mix. */
  readonly base: number
  /** Of the flood. */
  readonly flood: number
}

/** Events per second in second `second` of the stream, fractions included. */
export function rateOf(options: GeneratorOptions, second: number): SecondRate {
  const { rate } = options
  switch (options.shape) {
    case 'ramp': {
      const climb = Number.isFinite(options.seconds) ? options.seconds : RAMP_SECONDS
      return { base: rate * Math.min(1, (second + 1) / climb), flood: 0 }
    }
    case 'burst':
      return { base: second % BURST_PERIOD === BURST_SECOND ? rate * BURST_FACTOR : rate, flood: 0 }
    case 'flood': {
      const since = second - options.floodFrom
      const flooding = since >= 0 && since < options.floodFor
      return { base: rate, flood: flooding ? options.floodRate : 0 }
    }
    case 'steady':
    default:
      return { base: rate, flood: 0 }
  }
}

/**
 * When events happen: second by second as many as the shape says, evenly over the second, the
 * flood's among the others. It draws nothing, so that the number of events of a second is exact.
 */
export class Schedule {
  /** Milliseconds from the start of the stream to the next event; Infinity after the last. */
  at = 0
  /** The next event is one of the flood. */
  flood = false
  private readonly options: GeneratorOptions
  private second = -1
  private index = 0
  private count = 0
  private floods = 0
  private baseCarry = 0
  private floodCarry = 0

  constructor(options: GeneratorOptions) {
    this.options = options
    this.advance()
  }

  /** Goes on to the next event. */
  advance(): void {
    this.index++
    while (this.index >= this.count) {
      if (++this.second >= this.options.seconds) {
        this.at = Number.POSITIVE_INFINITY
        return
      }
      const { base, flood } = rateOf(this.options, this.second)
      this.baseCarry += base
      this.floodCarry += flood
      const bases = wholeOf(this.baseCarry)
      this.floods = wholeOf(this.floodCarry)
      this.baseCarry -= bases
      this.floodCarry -= this.floods
      this.count = bases + this.floods
      this.index = 0
    }
    const { index, count, floods } = this
    this.at = this.second * 1000 + Math.floor((index * 1000) / count)
    if (this.at >= this.options.seconds * 1000) this.at = Number.POSITIVE_INFINITY
    this.flood = Math.floor(((index + 1) * floods) / count) > Math.floor((index * floods) / count)
  }
}

/** The whole part, where sums of fractions such as ten times 0.1 count as whole. */
function wholeOf(n: number): number {
  return Math.floor(n + 1e-9)
}
