import type { Culprits } from '../origins/culprits.ts'
import type { NodeRates } from './recent.ts'
import type { Windows } from './windows.ts'

/** Nodes whose rates are told, the busiest. */
export const MOST_NODES = 20

/** Keys of all of these of which it is told who makes them, the busiest. */
export const MOST_ORIGINS = 10

/** Who makes the entries of a key, over the ORIGINS_S seconds before a second. */
export interface KeyOrigins {
  readonly node: string
  readonly key: string
  readonly until: number
  readonly culprits: Culprits
}

/** What the busiest nodes and keys make, the busiest first. */
export interface Busiest {
  readonly rates: readonly NodeRates[]
  /** None of a key of which it is not known. */
  readonly origins: readonly KeyOrigins[]
}

/** What the busiest nodes and keys made in their last seconds. */
export function busiestOf(windows: Windows): Busiest {
  const rates = ratesOf(windows)
  return { rates, origins: originsOf(windows, rates) }
}

function ratesOf(windows: Windows): NodeRates[] {
  return [...windows]
    .filter(({ started }) => started)
    .map(({ node, recent }) => ({ node, recent, busyness: recent.busyness() }))
    .toSorted((a, b) => b.busyness - a.busyness)
    .slice(0, MOST_NODES)
    .map(({ node, recent }) => recent.rates(node))
}

function originsOf(windows: Windows, rates: readonly NodeRates[]): KeyOrigins[] {
  const busiest = rates
    .flatMap(({ node, until, rows: [, ...keys] }) =>
      keys.map(({ key, row, windows: [, ten] }) => ({
        node,
        until,
        key,
        row,
        rate: ten.entries_per_s,
      })),
    )
    .filter(({ rate }) => rate > 0)
    .toSorted((a, b) => b.rate - a.rate)
    .slice(0, MOST_ORIGINS)
  const known = new Map<object, Culprits>()
  for (const node of new Set(busiest.map((key) => key.node))) {
    const keys = busiest.filter((key) => key.node === node)
    const found = windows.get(node)?.recent.origins(keys.map(({ row }) => row)) ?? []
    for (const [i, culprits] of found.entries()) if (culprits !== null) known.set(keys[i], culprits)
  }
  return busiest.flatMap((of) => {
    const culprits = known.get(of)
    return culprits === undefined
      ? []
      : [{ node: of.node, key: of.key ?? '', until: of.until, culprits }]
  })
}
