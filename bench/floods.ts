import { type Bench, mustEqual } from './bench.ts'
import { FURTHER } from './floods/further.ts'
import { LATER } from './floods/later.ts'
import { Random } from './floods/random.ts'
import { type Found, type Score, scoreOf, strict, together } from './floods/score.ts'
import { HELD_OUT, hostOf, KNOWN, type Shape } from './floods/shapes.ts'
import { KINDS } from './floods/stage.ts'
import { percentile, type Report, round, type Target } from './report.ts'

/** Days that one host is followed: the first of them know nothing of the hour of the day. */
const DAYS = 4

/** Hosts of each shape in a round: 24 shapes, 768 host-days. */
const HOSTS = 8

/** Seconds in which a flood has to be told. */
const LATE_S = 2

/** Share of the drain from which a flood has to be a page in the end. */
const PAGED_SHARE = 0.6

/** Shapes by what was known of them, and the seeds of their hosts, by none of which the detector was made. */
const SETS = [
  { name: 'known', mark: '', shapes: KNOWN, seed: 11 },
  { name: 'held out', mark: ' *', shapes: HELD_OUT, seed: 12 },
  { name: 'later', mark: ' **', shapes: LATER, seed: 13 },
  { name: 'further', mark: ' ***', shapes: FURTHER, seed: 14 },
] as const

interface Scored {
  readonly name: string
  readonly mark: string
  readonly scores: ReadonlyMap<string, Score>
  readonly all: Score
}

/** Scores of some hosts of every shape given, each host from a seed of its own. */
export function scoresOf(
  shapes: Readonly<Record<string, Shape>>,
  seed: number,
  hosts: number,
  days: number,
): Map<string, Score> {
  return new Map(
    Object.entries(shapes).map(([name, shape], n) => {
      const scores = Array.from({ length: hosts }, (_, i) =>
        scoreOf(hostOf(name, shape, new Random(seed * 1_000_003 + n * 1009 + i), days)),
      )
      return [name, together(scores)]
    }),
  )
}

/** The flood detector on labelled host-days, made second by second from seeds. */
export const floods: Bench = ({ rounds }) => {
  const hosts = HOSTS * rounds
  const sets = SETS.map(({ shapes, seed, ...set }) => {
    const scores = scoresOf(shapes, seed, hosts, DAYS)
    return { ...set, scores, all: together([...scores.values()]) }
  })
  const all = together(sets.map((set) => set.all))
  const shapes = sets.reduce((sum, { scores }) => sum + scores.size, 0)
  mustEqual('host-days', all.days, shapes * hosts * DAYS)
  return Promise.resolve(reportOf(sets, all))
}

function reportOf(sets: readonly Scored[], all: Score): Report {
  const rows = [
    ...sets.flatMap(({ mark, scores }) =>
      [...scores].map(([name, score]) => [`${name}${mark}`, ...rowOf(score)]),
    ),
    ...sets.map((set) => [`all ${set.name}${set.mark}`, ...rowOf(set.all)]),
    ['all', ...rowOf(all)],
  ]
  const harmful = strict(all)
  const delays = delaysOf(all)
  const full = harmful.filter(({ label }) => label.share >= 1).flatMap(({ paged }) => paged ?? [])
  return {
    title: 'floods: the detector on labelled host-days',
    notes: [
      `${all.days} host-days, ${all.found.length} floods, of which ${harmful.length} take 25 % of the drain or more`,
      'delays in s from that share to the alert; a flood that is never told has an endless one',
      'in a habit: the key was told of before as doing what it usually does; that is no telling of the flood',
      `paged: of floods of ${100 * PAGED_SHARE} % of the drain and more; those of all of it and more are, from when they are, after ${round(percentile(full, 0.5))} s (p50), ${round(percentile(full, 0.99))} s (p99)`,
      'infos/day: those without a flood; of most: on the host that has most',
      '* held out while the constants were chosen; ** made when the detector was final but for its pages; *** when those were too',
    ],
    columns: [
      'shape',
      'days',
      'floods',
      'p50',
      'p99',
      'over 2 s',
      'missed',
      'in a habit',
      'of smaller',
      'right key %',
      'paged',
      'pages/year',
      'warnings/day',
      'infos/day',
      'of most',
    ],
    rows,
    targets: [
      { what: 'delay p99, s', value: percentile(delays, 0.99), limit: LATE_S, kind: 'at most' },
      {
        what: 'pages without a flood a host-year',
        value: (365 * all.stray.critical) / all.days,
        limit: 1,
        kind: 'at most',
      },
      {
        what: 'floods whose key is named, %',
        value: shareOf(harmful, ({ attributed }) => attributed),
        limit: 99,
        kind: 'at least',
      },
      ...KINDS.map(
        (kind): Target => ({
          what: `floods whose ${kind} is named first, %`,
          value: namedShare(harmful, kind),
          limit: 99,
          kind: 'at least',
        }),
      ),
    ],
    data: Object.fromEntries(sets.map(({ name, scores }) => [name, Object.fromEntries(scores)])),
  }
}

function rowOf(score: Score): string[] {
  const harmful = strict(score)
  const smaller = score.found.filter((found) => !harmful.includes(found))
  const delays = delaysOf(score)
  const large = harmful.filter(({ label }) => label.share >= PAGED_SHARE)
  const missed = (of: readonly { delay: number | null }[]): string =>
    String(of.filter(({ delay }) => delay === null).length)
  return [
    String(score.days),
    String(harmful.length),
    round(percentile(delays, 0.5)),
    round(percentile(delays, 0.99)),
    String(delays.filter((delay) => delay > LATE_S).length),
    missed(harmful),
    String(harmful.filter(({ inHabit }) => inHabit).length),
    `${missed(smaller)}/${smaller.length}`,
    round(shareOf(harmful, ({ attributed }) => attributed)),
    `${large.filter(({ paged }) => paged !== null).length}/${large.length}`,
    round((365 * score.stray.critical) / score.days),
    round(score.stray.warning / score.days),
    round(score.stray.info / score.days),
    round(score.mostInfos),
  ]
}

/** Of floods that one of a kind makes most of, and that were told with who makes them. */
function namedShare(found: readonly Found[], kind: (typeof KINDS)[number]): number {
  const named = found.flatMap((one) => one.named?.[kind] ?? [])
  return shareOf(named, (isRight) => isRight)
}

function delaysOf(score: Score): number[] {
  return strict(score).map(({ delay }) => delay ?? Number.POSITIVE_INFINITY)
}

function shareOf<T>(all: readonly T[], is: (one: T) => boolean): number {
  return (100 * all.filter(is).length) / all.length
}
