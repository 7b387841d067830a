import type { Host } from './host.ts'
import { flood, type Label } from './labels.ts'
import type { Random } from './random.ts'
import {
  bursts,
  diurnal,
  drifting,
  job,
  renamed,
  type Source,
  spells,
  steady,
  stepping,
  storms,
} from './sources.ts'

export const DAY = 86_400

/** The first second of every host is in the day after this, at any time of day. */
const EPOCH = 1_790_000_000 - (1_790_000_000 % DAY)

/** What a host of some shape is built from. `drain` is what can be drained a second. */
interface Builder {
  readonly random: Random
  readonly drain: number
  readonly from: number
  readonly days: number
}

/** What a shape says of itself; what it leaves out is as in `hostOf`. */
interface Built {
  readonly sources: readonly Source[]
  readonly boots?: readonly number[]
  /** Whether it runs in a second; a flood begins and ends in seconds in which it does. */
  readonly isUp?: (second: number) => boolean
  /** Keys that floods come under, besides one that was never there. */
  readonly victims?: readonly string[]
  /**
   * Of its floods: the least share, the length in seconds, the seconds until they are full, the pulse, and whether
   * each comes under a second key too.
   */
  readonly floods?: {
    least?: number
    length?: number
    rise?: number
    pulse?: number
    twin?: boolean
  }
}

/** A kind of host. */
export type Shape = (builder: Builder) => Built

/** Shapes that the detector's constants were chosen with. */
export const KNOWN: Readonly<Record<string, Shape>> = {
  steady: ({ random, drain }) => ({ sources: usual(random, drain, 0.001, 0.05) }),
  diurnal: ({ random, drain }) => ({
    sources: [
      diurnal(random, 'web', 0.01 * drain, random.between(0.05, 0.35) * drain),
      diurnal(random, 'exec', 0.001 * drain, 0.03 * drain),
      ...usual(random, drain, 0.0005, 0.005),
    ],
    victims: ['web', 'exec'],
  }),
  bursty: ({ random, drain }) => ({
    sources: [
      bursts(random, 'build', {
        gap: random.scaled(60, 1800),
        height: random.between(0.01, 0.08) * drain,
        most: 0.4 * drain,
        length: 8,
      }),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['build'],
  }),
  cron: ({ random, drain }) => ({
    sources: [
      job(random, 'minute', { period: 300, height: 0.04 * drain, length: 3 }),
      job(random, 'hourly', {
        period: 3600,
        height: random.between(0.03, 0.3) * drain,
        length: random.between(5, 60),
      }),
      job(random, 'nightly', {
        period: DAY,
        height: random.between(0.1, 0.4) * drain,
        length: random.between(60, 1200),
      }),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['hourly'],
  }),
  high: ({ random, drain }) => ({
    sources: [
      steady(random, 'all-opens', random.between(0.15, 0.45) * drain, 0.08),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['all-opens'],
  }),
  churn: ({ random, drain }) => ({
    sources: [
      renamed(random, steady(random, 'app', random.between(0.03, 0.3) * drain), 12),
      renamed(random, steady(random, 'job', 0.0005 * drain), 300),
      ...usual(random, drain, 0.0005, 0.01),
    ],
  }),
  boots: ({ random, drain, from, days }) => {
    const boots = [from, ...times(random, from, days, 2)]
    const names = ['exec', 'perm', 'mounts', 'access', 'units']
    return {
      sources: [
        ...names.map((key) => storms(random, key, boots, random.between(0.02, 0.3) * drain)),
        ...usual(random, drain, 0.0005, 0.01),
      ],
      boots: boots.slice(1),
    }
  },
}

/** Shapes that were left out until the constants stood. */
export const HELD_OUT: Readonly<Record<string, Shape>> = {
  ramps: ({ random, drain }) => ({
    sources: usual(random, drain, 0.001, 0.05),
    floods: { length: 1200, rise: random.scaled(60, 900) },
  }),
  steps: ({ random, drain }) => ({
    sources: [
      stepping(random, 'sync', 0.005 * drain, 0.2 * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['sync'],
  }),
  drift: ({ random, drain }) => ({
    sources: [
      drifting(random, 'ci', 0.01 * drain, 0.3 * drain),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['ci'],
  }),
  deploys: ({ random, drain }) => ({
    sources: [
      ...spells(random, ['perm', 'exec', 'files', 'units'], {
        perDay: 3,
        height: random.between(0.03, 0.3) * drain,
        length: 90,
      }),
      ...usual(random, drain, 0.0005, 0.01),
    ],
    victims: ['exec'],
  }),
  pulses: ({ random, drain }) => ({
    sources: usual(random, drain, 0.001, 0.02),
    floods: { least: 0.3, length: 600, pulse: random.pick([3, 8, 20]) },
  }),
  quiet: ({ random, drain }) => ({
    sources: [
      bursts(random, 'login', { gap: 600, height: 20, most: 400, length: 2 }),
      bursts(random, '', { gap: 3600, height: 50, most: 0.02 * drain, length: 5 }),
    ],
  }),
  mixed: (builder) => {
    const { random, drain } = builder
    const shapes = [KNOWN['diurnal'], KNOWN['bursty'], KNOWN['cron'], HELD_OUT['deploys']]
    return {
      sources: shapes.flatMap((shape) => shape(builder).sources.slice(0, -3)),
      victims: [random.pick(['web', 'exec', 'hourly'])],
      floods: { least: drain > 50_000 ? 0.3 : 0.1 },
    }
  },
}

/** A host of a shape, with about a flood a day on two of three hosts. */
export function hostOf(name: string, shape: Shape, random: Random, days: number): Host {
  const measured = random.chance(0.5)
  const drain = measured ? Math.round(random.scaled(4000, 150_000)) : 40_000
  const from = EPOCH + random.whole(0, DAY)
  const built = shape({ random, drain, from, days })
  const { sources, boots = [] } = built
  const labels = random.chance(2 / 3) ? floodsOf(built, random, drain, { from, days, boots }) : []
  return { shape: name, from, seconds: days * DAY, drain, measured, sources, labels, boots }
}

function floodsOf(
  { victims = [], floods = {}, isUp = () => true }: Built,
  random: Random,
  drain: number,
  { from, days, boots }: { from: number; days: number; boots: readonly number[] },
): Label[] {
  const labels: Label[] = []
  for (const begin of times(random, from, days, 1)) {
    const length = floods.length ?? random.scaled(5, 1800)
    const start = begin + random.next()
    const rise =
      floods.rise ?? (random.chance(0.5) ? 0 : Math.min(length / 2, random.scaled(2, 60)))
    const least = floods.least ?? 0.05
    const key = random.pick([...victims, ...victims, 'surprise'])
    const isFree =
      (labels.at(-1)?.to ?? from) + 120 < begin &&
      boots.every((boot) => start > boot + 300 || start + length < boot - 60)
    if (!isFree || start + length > from + days * DAY) continue
    if (!isUp(begin) || !isUp(begin + length)) continue
    const share = random.scaled(least, 2)
    const given = { key, from: start, to: start + length, share, rise }
    labels.push(flood(random, drain, given, floods.pulse))
    if (floods.twin === true)
      labels.push(flood(random, drain, { ...given, key: 'twin' }, floods.pulse))
  }
  return labels
}

/** Seconds, in order, about so many a day, none in the first ten minutes. */
function times(random: Random, from: number, days: number, perDay: number): number[] {
  const count = Math.round(days * perDay)
  return Array.from({ length: count }, () => random.whole(from + 600, from + days * DAY)).toSorted(
    (a, b) => a - b,
  )
}

/** Some keys that every host has. */
export function usual(random: Random, drain: number, least: number, most: number): Source[] {
  return ['identity', 'network', ''].map((key) =>
    steady(random, key, random.scaled(least, most) * drain, random.between(0.1, 0.5)),
  )
}
