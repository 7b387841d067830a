import type { Random } from './random.ts'
import { DAY, type Shape, usual } from './shapes.ts'
import { diurnal, job, noisy, type Source, steady } from './sources.ts'

const HOUR = 3600

/** Shapes that were made when the detector was final, after what hosts do that none of the others does. */
export const LATER: Readonly<Record<string, Shape>> = {
  /** A backup each night that has more to read each time, and reads longer. */
  growing: ({ random, drain }) => ({
    sources: [
      growing(random, 'backup', random.between(0.08, 0.2) * drain, 0.45 * drain),
      diurnal(random, 'web', 0.01 * drain, 0.1 * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['backup', 'web'],
  }),
  /** A build host: in working hours builds of any length and height under two keys. */
  builds: ({ random, drain, from }) => ({
    sources: [
      ...builds(random, ['exec', 'files'], from, drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['exec', 'files'],
  }),
  /** A host that is suspended at night: nothing comes, and then its jobs all at once. */
  asleep: ({ random, drain, from }) => {
    const night = from + random.whole(0, DAY)
    const length = random.whole(6 * HOUR, 10 * HOUR)
    const sources = [
      diurnal(random, 'desk', 0.005 * drain, 0.1 * drain),
      job(random, 'sync', { period: 1800, height: 0.1 * drain, length: 20 }),
      catchUp(random, 'units', night, length, random.between(0.1, 0.4) * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ]
    return {
      sources: asleep(night, length, sources),
      victims: ['desk', 'sync'],
      isUp: (second) => timeOf(second, night) >= length,
    }
  },
  /** An agent of a fleet that scans all files every four hours, a little earlier or later each time. */
  scans: ({ random, drain }) => ({
    sources: [
      scans(random, 'access', random.between(0.2, 0.45) * drain),
      steady(random, 'web', random.between(0.01, 0.1) * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['access', 'web'],
  }),
  /** A service that restarts some times a day, with its key renamed at half of them. */
  restarts: ({ random, drain }) => ({
    sources: [
      restarting(random, 'app', random.between(0.03, 0.3) * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
  }),
  /** Floods that come under two keys at once. */
  twins: ({ random, drain }) => ({
    sources: [
      diurnal(random, 'web', 0.01 * drain, 0.15 * drain),
      ...usual(random, drain, 0.001, 0.02),
    ],
    victims: ['web'],
    floods: { twin: true },
  }),
}

/** A job at one time of the day that makes up to a third more each day, and at most `most`. */
function growing(random: Random, key: string, height: number, most: number): Source {
  const phase = random.whole(0, DAY)
  let rate = height
  let length = random.between(300, 1500)
  let to = 0
  return {
    key,
    at(second) {
      if ((second - phase) % DAY === 0) {
        rate = Math.min(most, rate * random.between(1.05, 1.35))
        length *= random.between(1, 1.2)
        to = second + Math.ceil(length)
      }
      return second < to ? noisy(random, rate, 0.15) : 0
    },
  }
}

/** Builds at random times of a working day of ten hours: lengths and heights have heavy tails. */
function builds(random: Random, keys: readonly string[], from: number, drain: number): Source[] {
  const morning = from + random.whole(0, DAY)
  const gap = random.scaled(120, 1800)
  const heights = keys.map(() => 0)
  let left = 0
  return keys.map((key, i) => ({
    key,
    at(second) {
      const isWork = timeOf(second, morning) < 10 * HOUR
      if (i === 0 && left > 0) left--
      else if (i === 0 && isWork && random.chance(1 / gap)) {
        left = Math.min(1800, Math.ceil(4 * random.pareto(0.8)))
        for (let k = 0; k < keys.length; k++)
          heights[k] = Math.min(0.4, 0.02 * random.pareto(1.3)) * drain
      }
      return left > 0 ? noisy(random, heights[i], 0.25) : 0
    },
  }))
}

/** Sources that make nothing from a second of the day on, for so long. */
function asleep(night: number, length: number, sources: readonly Source[]): Source[] {
  return sources.map((of) => ({
    key: of.key,
    at(second) {
      const entries = of.at(second)
      return timeOf(second, night) < length ? 0 : entries
    },
  }))
}

/** What jobs make that were due in such a night: a storm of a minute or two after it. */
function catchUp(
  random: Random,
  key: string,
  night: number,
  length: number,
  height: number,
): Source {
  return {
    key,
    at(second) {
      const awake = timeOf(second, night) - length
      return awake >= 0 && awake < 120 ? noisy(random, height * 0.97 ** awake, 0.3) : 0
    },
  }
}

/** Seconds since it was last so late in a day as at `begin`. */
function timeOf(second: number, begin: number): number {
  return (((second - begin) % DAY) + DAY) % DAY
}

/** A scan every four hours, up to twenty minutes late, of two to ten minutes. */
function scans(random: Random, key: string, height: number): Source {
  const period = 4 * HOUR
  const phase = random.whole(0, period)
  let from = 0
  let to = 0
  return {
    key,
    at(second) {
      if ((second - phase) % period === 0) {
        from = second + random.whole(0, 1200)
        to = from + random.whole(120, 600)
      }
      return second >= from && second < to ? noisy(random, height, 0.15) : 0
    },
  }
}

/** A steady key that stops four times a day for up to a minute and a half, begins with a storm, and may have a new name. */
function restarting(random: Random, name: string, mean: number): Source {
  let version = 1
  let up = 0
  const source: Source = {
    key: name,
    at(second) {
      if (random.chance(4 / DAY)) {
        up = second + random.whole(2, 90)
        if (random.chance(0.5)) source.key = `${name}-${++version}`
      }
      if (second < up) return 0
      return noisy(random, second < up + 10 ? 1.5 * mean : mean, 0.2)
    },
  }
  return source
}
