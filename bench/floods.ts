import { type Bench, mustEqual } from './bench.ts'
import { LATER } from './floods/later.ts'
import { Random } from './floods/random.ts'
import { type Found, type Score, scoreOf, strict, together } from './floods/score.ts'
import { HELD_OUT, hostOf, KNOWN, type Shape } from './floods/shapes.ts'
import { KINDS } from './floods/stage.ts'
import { percentile, type Report, round, type Target } from './report.ts'

/** Days that one host is followed: the first of them know nothing of the hour of the day. */
const DAYS = 4

/** Hosts of each shape in a round: 20 shapes, 640 host-days. */
const HOSTS = 8

/** Seconds in which a flood has to be told. */
const LATE_S = 2

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
  const known = scoresOf(KNOWN, 1, hosts, DAYS)
  const heldOut = scoresOf(HELD_OUT, 2, hosts, DAYS)
  const later = scoresOf(LATER, 3, hosts, DAYS)
  const all = together([known, heldOut, later].flatMap((scores) => [...scores.values()]))
  mustEqual('host-days', all.days, (known.size + heldOut.size + later.size) * hosts * DAYS)
  return Promise.resolve(reportOf(known, heldOut, later, all))
}

function reportOf(
  known: Map<string, Score>,
  heldOut: Map<string, Score>,
  later: Map<string, Score>,
  all: Score,
): Report {
  const of = (score: Score): string[] => rowOf(score)
  const rows = [
    ...[...known].map(([name, score]) => [name, ...of(score)]),
    ...[...heldOut].map(([name, score]) => [`${name} *`, ...of(score)]),
    ...[...later].map(([name, score]) => [`${name} **`, ...of(score)]),
    ['all known', ...of(together([...known.values()]))],
    ['all held out *', ...of(together([...heldOut.values()]))],
    ['all later **', ...of(together([...later.values()]))],
  ]
  const harmful = strict(all)
  const delays = delaysOf(all)
  return {
    title: 'floods: the detector on labelled host-days',
    notes: [
      `${all.days} host-days, ${all.found.length} floods, of which ${harmful.length} take 25 % of the drain or more`,
      'delays in s from that share to the alert; a flood that is never told has an endless one',
      'in a habit: the key was told of before as doing what it usually does; that is no telling of the flood',
      'infos/day: those without a flood; of most: on the host that has most',
      '* held out while the constants were chosen; ** made when the detector was final',
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
    data: {
      known: Object.fromEntries(known),
      heldOut: Object.fromEntries(heldOut),
      later: Object.fromEntries(later),
    },
  }
}

function rowOf(score: Score): string[] {
  const harmful = strict(score)
  const smaller = score.found.filter((found) => !harmful.includes(found))
  const delays = delaysOf(score)
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
