import { join } from 'node:path'
import { type Bench, mustEqual } from './bench.ts'
import type { Usage } from './child.ts'
import { madeFile } from './made.ts'
import { digestOf, writing } from './output.ts'
import { median, round, spread } from './report.ts'

const PROGRAM = join(import.meta.dirname, 'analysed-decode.js')
const WORKERS = [0, 2]
/** Share of the CPU of a whole decode that analysis may take. */
const MOST = 0.1

/** A decode alone, with the digest of all bytes, and with all of analysis, right after each other. */
interface Turn {
  readonly bare: Usage
  readonly digest: Usage
  readonly analysis: Usage
}

/** What analysis adds to a whole decode, from a file of records to a file of events. */
export const analysed: Bench = async ({ place, rounds }) => {
  const made = madeFile(place.cache)
  const out = join(place.fast, 'out')
  const decode = (workers: number, asked: keyof Turn): Promise<Usage> => {
    const args = [PROGRAM, made.path, String(workers), asked]
    return writing(out, { command: process.execPath, args })
  }
  await decode(0, 'bare')
  const expected = await digestOf(out)
  await decode(0, 'analysis')
  mustEqual('digest of what is decoded with analysis', await digestOf(out), expected)
  const turns = WORKERS.map((): Turn[] => [])
  for (let done = 0; done < rounds; done++)
    for (const [at, workers] of WORKERS.entries())
      turns[at].push({
        bare: await decode(workers, 'bare'),
        digest: await decode(workers, 'digest'),
        analysis: await decode(workers, 'analysis'),
      })
  const row = (name: string, of: readonly Turn[], what: keyof Turn): string[] => [
    name,
    spread(of.map((turn) => turn[what].wall)),
    spread(of.map((turn) => turn[what].cpu)),
    spread(of.map((turn) => over(turn, what, 'wall'))),
    spread(of.map((turn) => over(turn, what, 'cpu'))),
  ]
  return {
    title: 'analysed: what analysis adds to a whole decode',
    notes: [
      `${made.truth.records} records, ${made.truth.events} events, ${round(made.truth.bytes / 1e6)} MB; ${rounds} rounds in turn; median (least–most)`,
      'analysis: origins in the decoders; rates, floods, losses and the SHA-256 of the heartbeats in the main thread',
    ],
    columns: ['', 'wall s', 'CPU s', 'wall over the first, %', 'CPU over the first, %'],
    rows: WORKERS.flatMap((workers, at) => [
      row(`${workers} workers`, turns[at], 'bare'),
      row('  + SHA-256', turns[at], 'digest'),
      row('  + analysis with its SHA-256', turns[at], 'analysis'),
    ]),
    targets: WORKERS.map((workers, at) => ({
      what: `CPU of analysis over that of a decode with ${workers} workers`,
      value: median(turns[at].map((turn) => over(turn, 'analysis', 'cpu'))) / 100,
      limit: MOST,
      kind: 'at most',
    })),
    data: Object.fromEntries(WORKERS.map((workers, at) => [workers, turns[at]])),
  }
}

/** By how much more it took than a decode alone, in percent. */
function over(turn: Turn, what: keyof Turn, of: 'wall' | 'cpu'): number {
  return (turn[what][of] / turn.bare[of] - 1) * 100
}
