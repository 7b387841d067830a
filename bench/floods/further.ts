import type { Random } from './random.ts'
import { DAY, type Shape, usual } from './shapes.ts'
import { diurnal, noisy, type Source, steady } from './sources.ts'

const HOUR = 3600

/** Most that a key of these makes on the average over its work, as a share of what can be drained. */
const MOST = 0.45

/** Shapes that were made when the rule for pages was final too. */
export const FURTHER: Readonly<Record<string, Shape>> = {
  /** A host of many services: each hour its logs are rotated, at midnight all of them. */
  rotation: ({ random, drain }) => ({
    sources: [
      rotating(random, 'logs', random.between(0.02, 0.15) * drain, MOST * drain),
      diurnal(random, 'web', 0.01 * drain, 0.2 * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['logs', 'web'],
  }),
  /** A virtual machine that is moved from host to host: nothing for a while, then all its timers at once. */
  moved: ({ random, drain, from, days }) => {
    const pauses = pausesOf(random, from, days)
    const sources = [
      diurnal(random, 'app', 0.02 * drain, 0.25 * drain),
      steady(random, 'files', random.between(0.01, 0.1) * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ]
    return {
      sources: sources.map((of) => paused(random, of, pauses, MOST * drain)),
      victims: ['app', 'files'],
    }
  },
  /** A runner of tests: jobs that come by chance, several at a time, in steps that make very different amounts. */
  runner: ({ random, drain }) => ({
    sources: [
      ...runner(random, ['exec', 'files', 'net'], random.scaled(0.02, 0.2) * drain, MOST * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['exec', 'files'],
  }),
  /** A host of a database: clients by day, a checkpoint every five minutes, and a clean-up when enough was changed. */
  database: ({ random, drain }) => {
    const base = random.between(0.01, 0.1) * drain
    const height = random.between(0.1, 0.4) * drain
    return {
      sources: [
        diurnal(random, 'clients', 0.02 * drain, random.between(0.05, 0.3) * drain),
        cleaned(random, 'data', base, Math.min(MOST * drain, base + height)),
        ...usual(random, drain, 0.0005, 0.01),
      ],
      victims: ['clients', 'data'],
    }
  },
}

/** Each hour some files one after another, of very different sizes; at midnight ten times as many, and faster. */
function rotating(random: Random, key: string, height: number, most: number): Source {
  const midnight = random.whole(0, DAY)
  let files = 0
  let left = 0
  let rate = 0
  return {
    key,
    at(second) {
      const time = (((second - midnight) % DAY) + DAY) % DAY
      if (time % HOUR === 0) {
        files = random.whole(3, 20) * (time === 0 ? 10 : 1)
        rate = Math.min(most, height * random.between(0.7, 1.4) * (time === 0 ? 2.5 : 1))
      }
      if (left === 0 && files > 0) {
        files--
        left = Math.min(60, Math.ceil(random.pareto(1)))
      }
      if (left === 0) return 0
      left--
      return noisy(random, rate, 0.25)
    },
  }
}

/** Up to three moves a day: a pause of 1 to 40 s, and a catching up of as long and longer. */
function pausesOf(
  random: Random,
  from: number,
  days: number,
): { from: number; to: number; until: number }[] {
  return Array.from({ length: 3 * days }, () => {
    const begin = random.whole(from + 900, from + days * DAY)
    const length = Math.round(random.scaled(1, 40))
    return { from: begin, to: begin + length, until: begin + 2 * length + random.whole(2, 20) }
  })
}

/** A source over pauses: after one it makes two or three times as much for a while. */
function paused(
  random: Random,
  of: Source,
  pauses: readonly { from: number; to: number; until: number }[],
  most: number,
): Source {
  const times = random.between(2, 3)
  return {
    key: of.key,
    at(second) {
      const entries = of.at(second)
      const pause = pauses.find(({ from, until }) => second >= from && second < until)
      if (pause === undefined) return entries
      return second < pause.to ? 0 : Math.min(most, Math.round(times * entries))
    },
  }
}

/** Jobs of some steps; in each step a job makes another amount of each key, with noise that lasts for seconds. */
function runner(random: Random, keys: readonly string[], height: number, most: number): Source[] {
  const gap = random.scaled(60, 1200)
  const slots = random.whole(1, 5)
  let jobs: { steps: number; left: number; rates: number[] }[] = []
  const noise = keys.map(() => 0)
  const step = (): { left: number; rates: number[] } => ({
    left: Math.ceil(random.scaled(3, 200)),
    rates: keys.map(() => height * random.scaled(0.05, 2)),
  })
  return keys.map((key, i) => ({
    key,
    at() {
      if (i === 0) {
        for (const job of jobs) if (--job.left === 0 && --job.steps > 0) Object.assign(job, step())
        jobs = jobs.filter(({ steps }) => steps > 0)
        if (jobs.length < slots && random.chance(1 / gap))
          jobs.push({ steps: random.whole(2, 8), ...step() })
      }
      noise[i] = 0.6 * noise[i] + 0.8 * random.normal()
      const mean = Math.min(
        most,
        jobs.reduce((sum, { rates }) => sum + rates[i], 0),
      )
      return Math.max(0, Math.round(mean * (1 + 0.25 * noise[i])))
    },
  }))
}

/** A checkpoint every five minutes, and a clean-up some times a day that takes the longer the later it comes. */
function cleaned(random: Random, key: string, base: number, height: number): Source {
  const phase = random.whole(0, 300)
  let since = 0
  let left = 0
  let flush = 0
  return {
    key,
    at(second) {
      since++
      if ((second - phase) % 300 === 0) flush = random.whole(5, 30)
      if (left === 0 && since > HOUR && random.chance(1 / (5 * HOUR))) {
        left = Math.min(2 * HOUR, Math.round(since * random.between(0.02, 0.2)))
        since = 0
      }
      left = Math.max(0, left - 1)
      flush = Math.max(0, flush - 1)
      return noisy(random, left > 0 ? height : flush > 0 ? 1.5 * base : base, 0.2)
    },
  }
}
