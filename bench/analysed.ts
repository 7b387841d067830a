import { join } from 'node:path'
import { type Bench, mustEqual } from './bench.ts'
import type { Usage } from './child.ts'
import { FULL_RATE, type Made, madeFile, USUAL_RATE } from './made.ts'
import { digestOf, writing } from './output.ts'
import { median, round, spread } from './report.ts'

const PROGRAM = join(import.meta.dirname, 'analysed-decode.js')
const WORKERS = [0, 2]
const RATES = [FULL_RATE, USUAL_RATE]
/** Share of the CPU of a whole decode that analysis may take. */
const MOST = 0.1

/** A decode alone, with the digest of all bytes, and with all of analysis, right after each other. */
interface Turn {
  readonly bare: Usage
  readonly digest: Usage
  readonly analysis: Usage
}

/** A file of so many events in a second of its own time, and its turns for each of WORKERS. */
interface Stream {
  readonly rate: number
  readonly made: Made
  readonly turns: readonly (readonly Turn[])[]
}

/** What analysis adds to a whole decode, from a file of records to a file of events. */
export const analysed: Bench = async ({ place, rounds }) => {
  const streams: Stream[] = []
  for (const rate of RATES) {
    const made = madeFile(place.cache, rate)
    streams.push({ rate, made, turns: await measure(made.path, join(place.fast, 'out'), rounds) })
  }
  const row = (name: string, of: readonly Turn[], what: keyof Turn): string[] => [
    name,
    spread(of.map((turn) => turn[what].wall)),
    spread(of.map((turn) => turn[what].cpu)),
    spread(of.map((turn) => over(turn, what, 'wall'))),
    spread(of.map((turn) => over(turn, what, 'cpu'))),
  ]
  const [{ made }] = streams
  return {
    title: 'analysed: what analysis adds to a whole decode',
    notes: [
      `${made.truth.records} records, ${made.truth.events} events, ${round(made.truth.bytes / 1e6)} MB; ${rounds} rounds in turn; median (least–most); the start of the process and the compilation of hot code included`,
      'analysis: origins in the decoders; rates, floods, losses and the SHA-256 of the heartbeats in the main thread',
    ],
    columns: ['', 'wall s', 'CPU s', 'wall over the first, %', 'CPU over the first, %'],
    rows: streams.flatMap(({ rate, turns }) =>
      WORKERS.flatMap((workers, at) => [
        row(`${rate} events/s, ${workers} workers`, turns[at], 'bare'),
        row('  + SHA-256', turns[at], 'digest'),
        row('  + analysis with its SHA-256', turns[at], 'analysis'),
      ]),
    ),
    targets: streams.flatMap(({ rate, turns }) =>
      WORKERS.map((workers, at) => ({
        what: `CPU of analysis over that of a decode with SHA-256, at ${rate} events/s with ${workers} workers`,
        value: median(turns[at].map(({ analysis, digest }) => analysis.cpu / digest.cpu - 1)),
        limit: MOST,
        kind: 'at most',
      })),
    ),
    data: Object.fromEntries(streams.map(({ rate, turns }) => [rate, turns])),
  }
}

/** The turns of a file for each number of workers. */
async function measure(path: string, out: string, rounds: number): Promise<Turn[][]> {
  const decode = (workers: number, asked: keyof Turn): Promise<Usage> => {
    const args = [PROGRAM, path, String(workers), asked]
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
  return turns
}

/** By how much more it took than a decode alone, in percent. */
function over(turn: Turn, what: keyof Turn, of: 'wall' | 'cpu'): number {
  return (turn[what][of] / turn.bare[of] - 1) * 100
}
