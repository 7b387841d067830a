import { join } from 'node:path'
import { type Bench, mustEqual } from './bench.ts'
import type { Usage } from './child.ts'
import { madeFile } from './made.ts'
import { digestOf, writing } from './output.ts'
import { median, round, spread } from './report.ts'

const PROGRAM = join(import.meta.dirname, 'analysed-decode.js')
const WORKERS = [0, 2]
/** Share of the throughput of a decode that analysis may take. */
const MOST = 0.1

/** A decode without analysis and one with it, right after each other. */
interface Turn {
  readonly bare: Usage
  readonly analysed: Usage
}

/** What analysis adds to a whole decode, from a file of records to a file of events. */
export const analysed: Bench = async ({ place, rounds }) => {
  const made = madeFile(place.cache)
  const out = join(place.fast, 'out')
  const decode = (workers: number, ...more: readonly string[]): Promise<Usage> => {
    const args = [PROGRAM, made.path, String(workers), ...more]
    return writing(out, { command: process.execPath, args })
  }
  await decode(0)
  const expected = await digestOf(out)
  await decode(0, 'analysed')
  mustEqual('digest of what is decoded with analysis', await digestOf(out), expected)
  const turns = WORKERS.map((): Turn[] => [])
  for (let done = 0; done < rounds; done++)
    for (const [at, workers] of WORKERS.entries())
      turns[at].push({ bare: await decode(workers), analysed: await decode(workers, 'analysed') })
  const over = (of: readonly Turn[], what: 'wall' | 'cpu'): number[] =>
    of.map((turn) => (turn.analysed[what] / turn.bare[what] - 1) * 100)
  return {
    title: 'analysed: what analysis adds to a whole decode',
    notes: [
      `${made.truth.records} records, ${made.truth.events} events, ${round(made.truth.bytes / 1e6)} MB; ${rounds} rounds in turn; median (least–most)`,
      'analysis: origins in the decoders, and rates, floods, losses and the SHA-256 of the heartbeats in the main thread',
    ],
    columns: ['', 'wall s', 'CPU s', 'wall over, %', 'CPU over, %'],
    rows: WORKERS.flatMap((workers, at) => {
      const of = turns[at]
      const bare = of.map((turn) => turn.bare)
      const both = of.map((turn) => turn.analysed)
      return [
        [`${workers} workers`, ...spreads(bare), '', ''],
        [
          `${workers} workers, analysed`,
          ...spreads(both),
          spread(over(of, 'wall')),
          spread(over(of, 'cpu')),
        ],
      ]
    }),
    targets: WORKERS.map((workers, at) => ({
      what: `CPU of analysis over that of a decode with ${workers} workers`,
      value: median(over(turns[at], 'cpu')) / 100,
      limit: MOST,
      kind: 'at most',
    })),
    data: Object.fromEntries(WORKERS.map((workers, at) => [workers, turns[at]])),
  }
}

function spreads(usages: readonly Usage[]): [wall: string, cpu: string] {
  return [spread(usages.map(({ wall }) => wall)), spread(usages.map(({ cpu }) => cpu))]
}
