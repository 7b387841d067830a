import type { Random } from './random.ts'

/** What makes entries under a key. `key` may change from second to second. */
export interface Source {
  key: string
  /** Entries in a second; asked for each second once, in order. */
  at(second: number): number
}

const DAY = 86_400

/** About `mean` every second. */
export function steady(random: Random, key: string, mean: number, spread = 0.2): Source {
  return { key, at: () => noisy(random, mean, spread) }
}

/** From `low` at night to `high` by day; `sharp` above 1 makes the day short. */
export function diurnal(random: Random, key: string, low: number, high: number): Source {
  const phase = random.between(0, DAY)
  const sharp = random.between(1, 4)
  return {
    key,
    at(second) {
      const sun = (1 + Math.cos(((second - phase) / DAY) * 2 * Math.PI)) / 2
      return noisy(random, low + (high - low) * sun ** sharp, 0.2)
    },
  }
}

/** Bursts of some seconds with `gap` seconds between on the average, `height` and more, at most `most`. */
export function bursts(
  random: Random,
  key: string,
  { gap, height, most, length }: { gap: number; height: number; most: number; length: number },
): Source {
  let left = 0
  let rate = 0
  return {
    key,
    at() {
      if (left === 0 && random.chance(1 / gap)) {
        left = random.whole(1, length + 1)
        rate = Math.min(most, height * random.pareto(2))
      }
      if (left === 0) return 0
      left--
      return noisy(random, rate, 0.1)
    },
  }
}

/** A job every `period` seconds that runs for about `length` seconds. */
export function job(
  random: Random,
  key: string,
  { period, height, length }: { period: number; height: number; length: number },
): Source {
  const phase = random.whole(0, period)
  let from = 0
  let to = 0
  return {
    key,
    at(second) {
      if ((second - phase) % period === 0) {
        from = second + random.whole(0, 3)
        to = from + Math.ceil(length * random.between(0.8, 1.25))
      }
      return second >= from && second < to ? noisy(random, height, 0.15) : 0
    },
  }
}

/** Something that happens `perDay` times a day at no set time, as deploys do: all of `parts` together. */
export function spells(
  random: Random,
  keys: readonly string[],
  { perDay, height, length }: { perDay: number; height: number; length: number },
): Source[] {
  let left = 0
  const heights = keys.map(() => 0)
  return keys.map((key, i) => ({
    key,
    at() {
      if (i === 0) {
        if (left > 0) left--
        else if (random.chance(perDay / DAY)) {
          left = Math.ceil(length * random.between(0.5, 2))
          for (let k = 0; k < keys.length; k++) heights[k] = height * random.between(0.2, 1)
        }
      }
      return left > 0 ? noisy(random, heights[i], 0.3) : 0
    },
  }))
}

/** A level that jumps to another every few hours and stays there. */
export function stepping(random: Random, key: string, low: number, high: number): Source {
  let level = random.scaled(low, high)
  return {
    key,
    at() {
      if (random.chance(4 / DAY)) level = random.scaled(low, high)
      return noisy(random, level, 0.15)
    },
  }
}

/** A level that goes up and down over hours. */
export function drifting(random: Random, key: string, low: number, high: number): Source {
  let level = random.between(low, high)
  let aim = level
  let step = 0
  return {
    key,
    at() {
      if (random.chance(1 / 10_000)) {
        aim = random.between(low, high)
        step = Math.abs(aim - level) / random.between(3600, 14_400)
      }
      level += Math.max(-step, Math.min(step, aim - level))
      return noisy(random, level, 0.15)
    },
  }
}

/** A source whose key changes `perDay` times a day, as with a version in its name. */
export function renamed(random: Random, of: Source, perDay: number): Source {
  const name = of.key
  let version = 1
  const source: Source = {
    key: name,
    at(second) {
      if (random.chance(perDay / DAY)) source.key = `${name}-${++version}`
      return of.at(second)
    },
  }
  return source
}

/** What is made after each boot: a storm that is over in a minute or two. */
export function storms(
  random: Random,
  key: string,
  boots: readonly number[],
  height: number,
): Source {
  let boot = 0
  let peak = 0
  let fade = 1
  return {
    key,
    at(second) {
      if (boots[boot] === second) {
        boot++
        peak = height * random.between(0.3, 1)
        fade = random.between(0.93, 0.98)
      }
      peak *= fade
      return peak < 1 ? 0 : noisy(random, peak, 0.4)
    },
  }
}

/** A mean with the noise of independent events in groups of five, and of a rate that is not even. */
export function noisy(random: Random, mean: number, spread: number): number {
  const deviation = Math.sqrt(mean * 5) + spread * mean
  return Math.max(0, Math.round(mean + deviation * random.normal()))
}
