import { closeSync, openSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type Bench, mustEqual } from './bench.ts'
import { measured, SPILLWAY, type Usage } from './child.ts'
import { continuations, readEvents } from './events.ts'
import { configureLaurel, findLaurel } from './laurel.ts'
import { type Made, madeFile } from './made.ts'
import { digestOf, writing } from './output.ts'
import { median, round, spread } from './report.ts'

const WORKERS = [0, 1, 2]
/** Times the throughput of laurel that Spillway has to have with two workers. */
const TIMES_LAUREL = 6

/** Who takes part. */
interface Contestant {
  readonly name: string
  /** The file its events go to, or null for what merely moves or reads the bytes. */
  readonly events: string | null
  readonly run: () => Promise<Usage>
}

/** A file of records to a file of events: Spillway, LAUREL, and the ceilings `cat` and `wc -l`. */
export const drain: Bench = async ({ place, rounds }) => {
  const made = madeFile(place.cache)
  const out = join(place.fast, 'out')
  const spillways = WORKERS.map((workers) => spillway(made, out, workers))
  const laurel = laurelFor(made, join(place.fast, 'laurel'))
  const records = made.truth.records - (await continuations(made.path))
  const notes = [
    `${made.truth.records} records, ${made.truth.events} events, ${round(made.truth.bytes / 1e6)} MB; ${rounds} rounds in turn; median (least–most)`,
    await verifySpillway(spillways, made.truth.pieces, records),
    laurel === null
      ? 'laurel is not installed'
      : await verifyLaurel(laurel, made.truth.pieces, records),
  ]
  const contestants = [...spillways, ...(laurel === null ? [] : [laurel]), ...ceilings(made, out)]
  const runs = contestants.map((): Usage[] => [])
  for (let done = 0; done < rounds; done++)
    for (const [at, { run }] of contestants.entries()) runs[at].push(await run())

  const million = made.truth.records / 1e6
  const base = laurel === null ? null : runs[contestants.indexOf(laurel)]
  const ratios = (usages: readonly Usage[]): number[] =>
    (base ?? []).map(({ wall }, at) => wall / usages[at].wall)
  return {
    title: 'drain: a file of records to a file of events',
    notes,
    columns: ['', 'wall s', 'MB/s', 'M records/s', 'CPU s/M records', 'RSS MiB', '× laurel'],
    rows: contestants.map(({ name, events }, at) => {
      const walls = runs[at].map(({ wall }) => wall)
      return [
        name,
        spread(walls),
        round(made.truth.bytes / 1e6 / median(walls)),
        events === null ? '' : spread(walls.map((wall) => million / wall)),
        spread(runs[at].map(({ cpu }) => cpu / million)),
        round(Math.max(...runs[at].map(({ peak }) => peak)) / 2 ** 20),
        events === null || base === null ? '' : spread(ratios(runs[at])),
      ]
    }),
    targets:
      base === null
        ? []
        : [
            {
              what: `throughput of ${spillways[2].name} over laurel's`,
              value: median(ratios(runs[2])),
              limit: TIMES_LAUREL,
              kind: 'at least',
            },
          ],
    data: {
      truth: made.truth,
      runs: Object.fromEntries(contestants.map(({ name }, at) => [name, runs[at]])),
    },
  }
}

function spillway({ path }: Made, events: string, workers: number): Contestant {
  const args = [SPILLWAY, 'decode', '--workers', String(workers), path]
  return {
    name: `spillway, ${workers} workers`,
    events,
    run: () => writing(events, { command: process.execPath, args }),
  }
}

function laurelFor({ path }: Made, directory: string): Contestant | null {
  const found = findLaurel()
  if (found === null) return null
  const { config, log } = configureLaurel(directory, userInfo().username)
  return {
    name: found.name,
    events: log,
    run: async () => {
      rmSync(log, { force: true })
      const stdin = openSync(path, 'r')
      try {
        return await measured({ command: found.command, args: ['--config', config], stdin })
      } finally {
        closeSync(stdin)
      }
    },
  }
}

function ceilings({ path }: Made, out: string): Contestant[] {
  return [
    {
      name: 'cat',
      events: null,
      run: () => writing(out, { command: 'cat', args: [path] }),
    },
    {
      name: 'wc -l',
      events: null,
      run: () => measured({ command: 'wc', args: ['-l', path] }),
    },
  ]
}

/** Every event and record is there, and the number of workers changes no byte. */
async function verifySpillway(
  contestants: readonly Contestant[],
  pieces: number,
  records: number,
): Promise<string> {
  let first: string | null = null
  for (const { name, events, run } of contestants) {
    await run()
    const digest = await digestOf(events as string)
    if (first === null) {
      const held = await readEvents(events as string)
      mustEqual(`events of ${name}`, held.events, pieces)
      mustEqual(`records of ${name}`, held.records, records)
    }
    first ??= digest
    mustEqual(`output of ${name}`, digest, first)
  }
  return 'spillway: every event and record is in the output, which is the same for any number of workers'
}

/** Says how far laurel's output holds what was made. */
async function verifyLaurel(
  { name, events, run }: Contestant,
  pieces: number,
  records: number,
): Promise<string> {
  await run()
  const held = await readEvents(events as string)
  return `${name}: ${held.events} of ${pieces} events, ${held.records} of ${records} records`
}
