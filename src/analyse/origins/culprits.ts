import { rounded } from '../counts/figures.ts'
import type { Counted } from './counted.ts'
import { callName, directoriesOf, parentName, textOf, userName } from './origin-names.ts'
import { type Counter, type Facet, Facets } from './sought.ts'

/** Culprits that are told of each kind. */
const MOST = 3

/** Share that is most: a sentence names who has it, and a path stands for those below it that have it together. */
const MAIN_SHARE = 0.5

/** Standard errors by which a share may be off that was found in a sample. */
const SIGMAS = 3

/** What tells of the directories above a path. */
const DIRECTORIES: readonly Facet[] = [Facets.Path, Facets.Above]

/** Between the names of a whole origin: no byte of a file's name. */
const SEPARATOR = '\0'

/** Who or what makes entries of a key. */
export interface Culprit {
  readonly name: string
  /** Share of the key's entries, and by how much it may be more; or less too, where not all events were looked at. */
  readonly share: number
  readonly error: number
  /** Entries a second that it usually makes for the key. */
  readonly usual_per_s: number
}

/** Program, user, call and path of the same entries. */
export interface Together extends Omit<Culprit, 'name'> {
  readonly program: string
  readonly user: string
  readonly call: string
  readonly path: string
}

/** Who makes the entries of a key, of each kind those first that make most above what they usually do. */
export interface Culprits {
  readonly program: readonly Culprit[]
  readonly user: readonly Culprit[]
  readonly call: readonly Culprit[]
  readonly path: readonly Culprit[]
  readonly parent: readonly Culprit[]
  readonly together: readonly Together[]
}

/** What is usual: counters, and the seconds they stand for. */
export interface Usual {
  readonly counted: Counted
  readonly seconds: number
}

/** What shares are of: the entries of a row, by how much counts of it may be too low, and how far off by chance. */
interface Whole {
  readonly entries: number
  readonly error: number
  readonly variance: number
}

/** Entries of one name, now and usually. */
interface Share {
  count: number
  usual: number
}

/** Who made a row's `entries` in so many seconds, whose counters are `now`. */
export function culpritsOf(
  row: number,
  now: Counted,
  entries: number,
  seconds: number,
  usual: Usual,
): Culprits {
  const whole = wholeOf(row, now, entries)
  const told = (facet: Facet, nameOf: (counter: Counter) => string): Culprit[] => {
    const shares = sharesOf(row, [facet], now, usual, (counter) => [nameOf(counter)])
    return first(shares, seconds).map(([name, share]) => culprit(name, share, whole))
  }
  return {
    program: told(Facets.Program, ({ text }) => textOf(text)),
    user: told(Facets.User, ({ number }) => userName(number)),
    call: told(Facets.Call, ({ number }) => callName(number)),
    path: pathsOf(row, now, whole, seconds, usual),
    parent: told(Facets.Parent, ({ number }) => parentName(number)),
    together: togetherOf(row, now, entries, seconds, usual),
  }
}

/** The same of program, user, call and path together alone. */
export function togetherOf(
  row: number,
  now: Counted,
  entries: number,
  seconds: number,
  usual: Usual,
): Together[] {
  const whole = wholeOf(row, now, entries)
  const shares = sharesOf(row, [Facets.Whole], now, usual, (counter) => [wholeName(counter)])
  return first(shares, seconds).map(([name, share]) => {
    const [program, user, call, path] = name.split(SEPARATOR)
    const { share: part, error, usual_per_s } = culprit(name, share, whole)
    return { program, user, call, path, share: part, error, usual_per_s }
  })
}

/** Program, user, call and path of a counter of all of them. */
function wholeName({ text, cut, user, number }: Counter): string {
  const names = [textOf(text.subarray(0, cut)), userName(user), callName(number)]
  return [...names, textOf(text.subarray(cut))].join(SEPARATOR)
}

/**
 * The path prefixes; where none makes most of what is above the usual, but one that lies above several does, the
 * deepest of those first.
 */
function pathsOf(
  row: number,
  now: Counted,
  whole: Whole,
  seconds: number,
  usual: Usual,
): Culprit[] {
  const nameOf = ({ text }: Counter): string => textOf(text)
  const prefixes = sharesOf(row, [Facets.Path], now, usual, (counter) => [nameOf(counter)])
  const above = sharesOf(row, DIRECTORIES, now, usual, (counter) => directoriesOf(nameOf(counter)))
  const all = above.get('/')
  const isMost = (share: Share): boolean =>
    all !== undefined && riseOf(share, seconds) >= MAIN_SHARE * riseOf(all, seconds)
  const single = first(prefixes, seconds)
  const told = single.map(([name, share]) => culprit(name, share, whole))
  if (single.length > 0 && isMost(single[0][1])) return told
  const main = [...above]
    .filter(([name, share]) => name !== '/' && isMost(share))
    .toSorted(
      ([a, { count: x }], [b, { count: y }]) => b.split('/').length - a.split('/').length || y - x,
    )
    .map(([name, share]) =>
      culprit(`${name}/`, share, { ...whole, error: Number.POSITIVE_INFINITY }),
    )
  return [...main.slice(0, 1), ...told].slice(0, MOST)
}

/** Entries by name, now and usually; a counter may stand for several names. */
function sharesOf(
  row: number,
  facets: readonly Facet[],
  now: Counted,
  usual: Usual,
  namesOf: (counter: Counter) => readonly string[],
): Map<string, Share> {
  const shares = new Map<string, Share>()
  for (const counter of facets.flatMap((facet) => now.of(row, facet))) {
    for (const name of namesOf(counter)) {
      const share = shares.get(name) ?? { count: 0, usual: 0 }
      shares.set(name, share)
      share.count += counter.count
    }
  }
  for (const counter of facets.flatMap((facet) => usual.counted.of(row, facet))) {
    for (const name of namesOf(counter)) {
      const share = shares.get(name)
      if (share !== undefined) share.usual += counter.count / usual.seconds
    }
  }
  return shares
}

/** Those first that make most above what they usually do. */
function first(shares: ReadonlyMap<string, Share>, seconds: number): [string, Share][] {
  return [...shares]
    .toSorted(
      ([a, x], [b, y]) =>
        riseOf(y, seconds) - riseOf(x, seconds) || y.count - x.count || (a < b ? -1 : 1),
    )
    .slice(0, MOST)
}

/** Entries above the usual in so many seconds. */
function riseOf({ count, usual }: Share, seconds: number): number {
  return count - usual * seconds
}

function wholeOf(row: number, now: Counted, entries: number): Whole {
  return { entries, error: now.error, variance: now.variance(row) }
}

function culprit(
  name: string,
  { count, usual }: Share,
  { entries, error, variance }: Whole,
): Culprit {
  const share = Math.min(1, count / entries)
  const more = Math.min(1 - share, error / entries)
  return {
    name,
    share: rounded(share),
    error: rounded(Math.min(1, more + chance(share, entries ** 2 / variance))),
    usual_per_s: rounded(usual),
  }
}

/**
 * By how much a share may be off that was found in a sample of so many; a sample of infinitely many is all. (Agresti
 * and Coull, Approximate is better than "exact", 1998.)
 */
function chance(share: number, sample: number): number {
  if (sample === Number.POSITIVE_INFINITY) return 0
  const more = SIGMAS ** 2
  const middle = (share * sample + more / 2) / (sample + more)
  return SIGMAS * Math.sqrt((middle * (1 - middle)) / (sample + more))
}

/** Those that make most of the entries, as the end of a sentence; nothing where none does. */
export function culpritsText({ program, user, call, path, parent }: Culprits): string {
  const said = (before: string, [one]: readonly Culprit[]): string[] =>
    one !== undefined && one.share >= MAIN_SHARE
      ? [`${before}${one.name} (${Math.round(one.share * 100)} %)`]
      : []
  return [
    ...said('', program),
    ...said('', user),
    ...said('', call),
    ...said('in ', path),
    ...said('started by ', parent),
  ].join(', ')
}
