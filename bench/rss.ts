import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Truth } from '../src/generate/truth.ts'
import { type Bench, mustEqual } from './bench.ts'
import { SPILLWAY, start } from './child.ts'
import { median, round, spread } from './report.ts'

const SIZES = ['200M', '2G']
const WORKERS = 2
/** Peak at the second size over that at the first. */
const GROWTH = 1.2

/** One stream through `generate | decode`. */
interface Passed {
  readonly peak: number
  readonly bytes: number
  readonly wall: number
}

/** Peak memory of `decode` over two lengths of stream: it must not grow with what goes through. */
export const rss: Bench = async ({ place, rounds }) => {
  const times = Math.min(rounds, 3)
  const runs = SIZES.map((): Passed[] => [])
  for (let done = 0; done < times; done++)
    for (const [at, size] of SIZES.entries()) runs[at].push(await pass(size, place.fast))
  const peaks = runs.map((passed) => passed.map(({ peak }) => peak / 2 ** 20))
  return {
    title: 'rss: peak memory of decode over the length of the stream',
    notes: [
      `spillway generate | spillway decode --workers ${WORKERS} > /dev/null; ${times} rounds in turn; median (least–most)`,
      'nothing is stored: both lengths go through the same pipe; the counts of both ends are compared',
    ],
    columns: ['', 'peak RSS MiB', 'MB', 'wall s'],
    rows: SIZES.map((size, at) => [
      size,
      spread(peaks[at]),
      round(runs[at][0].bytes / 1e6),
      spread(runs[at].map(({ wall }) => wall)),
    ]),
    targets: [
      {
        what: `peak at ${SIZES[1]} over peak at ${SIZES[0]}`,
        value: median(peaks[1]) / median(peaks[0]),
        limit: GROWTH,
        kind: 'at most',
      },
    ],
    data: Object.fromEntries(SIZES.map((size, at) => [size, runs[at]])),
  }
}

/** Sends a stream through; the shell becomes the decoder, so that its peak is the decoder's. */
async function pass(size: string, directory: string): Promise<Passed> {
  const truthPath = join(directory, 'truth.json')
  const began = performance.now()
  const { peak, said } = await start({
    command: 'bash',
    args: [
      '-c',
      'exec "$0" "$1" decode --stats --workers "$2" < <(exec "$0" "$1" generate --bytes "$3" --truth "$4")',
      process.execPath,
      SPILLWAY,
      String(WORKERS),
      size,
      truthPath,
    ],
  }).ended
  const wall = (performance.now() - began) / 1000
  const truth = JSON.parse(readFileSync(truthPath, 'utf8')) as Truth
  const stats = JSON.parse(said) as Record<string, number>
  mustEqual('bytes that were decoded', stats['bytes'], truth.bytes)
  mustEqual('records that were decoded', stats['records'], truth.records)
  mustEqual('events that were decoded', stats['events'], truth.pieces)
  return { peak, bytes: truth.bytes, wall }
}
