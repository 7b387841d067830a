import { rounded } from '../counts/figures.ts'
import type { Counted } from './counted.ts'
import { callName, directoriesOf, parentName, textOf, userName } from './origin-names.ts'
import { type Counter, type Facet, Facets } from './sought.ts'

/** Culprits that are told of each kind. */
const MOST = 3

/** Share that is most: a sentence names who has it, and a path stands for those below it that have it together. */
const MAIN_SHARE = 0.5

/** Between the names of a whole origin: no byte of a file's name. */
const SEPARATOR = '\0'

/** Who or what makes entries of a key. */
export interface Culprit {
  readonly name: string
  /** Share of the key's entries at least, and by how much it may be more. */
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
  const told = (facet: Facet, nameOf: (counter: Counter) => string): Culprit[] => {
    const shares = sharesOf(row, facet, now, usual, (counter) => [nameOf(counter)])
    return first(shares, seconds).map(([name, share]) => culprit(name, share, entries, now.error))
  }
  return {
    program: told(Facets.Program, ({ text }) => textOf(text)),
    user: told(Facets.User, ({ number }) => userName(number)),
    call: told(Facets.Call, ({ number }) => callName(number)),
    path: pathsOf(row, now, entries, seconds, usual),
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
  const shares = sharesOf(row, Facets.Whole, now, usual, (counter) => [wholeName(counter)])
  return first(shares, seconds).map(([name, share]) => {
    const [program, user, call, path] = name.split(SEPARATOR)
    const { share: part, error, usual_per_s } = culprit(name, share, entries, now.error)
    return { program, user, call, path, share: part, error, usual_per_s }
  })
}

/** Program, user, call and path of a counter of all of them. */
function wholeName({ text, cut, user, number }: Counter): string {
  const names = [textOf(text.subarray(0, cut)), userName(user), callName(number)]
  return [...names, textOf(text.subarray(cut))].join(SEPARATOR)
}

/**
 * The path prefixes; where one that lies above several makes most of the entries, the deepest of those first.
 */
function pathsOf(
  row: number,
  now: Counted,
  entries: number,
  seconds: number,
  usual: Usual,
): Culprit[] {
  const nameOf = ({ text }: Counter): string => textOf(text)
  const single = first(
    sharesOf(row, Facets.Path, now, usual, (counter) => [nameOf(counter)]),
    seconds,
  ).map(([name, share]) => culprit(name, share, entries, now.error))
  if ((single[0]?.share ?? 0) >= MAIN_SHARE) return single
  const above = sharesOf(row, Facets.Path, now, usual, (counter) => directoriesOf(nameOf(counter)))
  const main = [...above]
    .filter(([name, { count }]) => name !== '/' && count >= MAIN_SHARE * entries)
    .toSorted(
      ([a, { count: x }], [b, { count: y }]) => b.split('/').length - a.split('/').length || y - x,
    )
    .map(([name, share]) => culprit(`${name}/`, share, entries, Number.POSITIVE_INFINITY))
  return [...main.slice(0, 1), ...single].slice(0, MOST)
}

/** Entries by name, now and usually; a counter may stand for several names. */
function sharesOf(
  row: number,
  facet: Facet,
  now: Counted,
  usual: Usual,
  namesOf: (counter: Counter) => readonly string[],
): Map<string, Share> {
  const shares = new Map<string, Share>()
  for (const counter of now.of(row, facet)) {
    for (const name of namesOf(counter)) {
      const share = shares.get(name) ?? { count: 0, usual: 0 }
      shares.set(name, share)
      share.count += counter.count
    }
  }
  for (const counter of usual.counted.of(row, facet)) {
    for (const name of namesOf(counter)) {
      const share = shares.get(name)
      if (share !== undefined) share.usual += counter.count / usual.seconds
    }
  }
  return shares
}

/** Those first that make most above what they usually do. */
function first(shares: ReadonlyMap<string, Share>, seconds: number): [string, Share][] {
  const rise = ({ count, usual }: Share): number => count - usual * seconds
  return [...shares]
    .toSorted(([a, x], [b, y]) => rise(y) - rise(x) || y.count - x.count || (a < b ? -1 : 1))
    .slice(0, MOST)
}

function culprit(name: string, { count, usual }: Share, entries: number, error: number): Culprit {
  const share = Math.min(1, count / entries)
  return {
    name,
    share: rounded(share),
    error: rounded(Math.min(1 - share, error / entries)),
    usual_per_s: rounded(usual),
  }
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
