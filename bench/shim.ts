import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SpoolReader } from '../src/spool/reader.ts'
import { type Bench, mustEqual } from './bench.ts'
import { measured, SHIM } from './child.ts'
import { madeFile } from './made.ts'
import { median, round, spread } from './report.ts'

/** How often the file goes through, so that the start of a process counts for little. */
const TIMES = 2
/** Throughput of the shim over that of `cat`. */
const SHARE = 0.8

/** A fair pair: who syncs is compared with who syncs. */
interface Pair {
  readonly name: string
  readonly cat: string
  readonly shim: string
}

const PAIRS: readonly Pair[] = [
  { name: 'without syncs', cat: 'cat > "$1"', shim: '"$1" --sync none' },
  { name: 'synced', cat: 'cat > "$1" && sync "$1"', shim: '"$1"' },
]

/** The shim against `cat`, from the same pipe to the same disk. */
export const shim: Bench = async ({ place, rounds }) => {
  const { path, truth } = madeFile(place.cache)
  const bytes = truth.bytes * TIMES
  const digest = await digestOfInput(path)
  const cat = async (command: string): Promise<number> => {
    const out = join(place.disk, 'out')
    const wall = await piped(path, command, out)
    mustEqual('bytes that cat wrote', statSync(out).size, bytes)
    rmSync(out)
    return wall
  }
  const own = async (options: string): Promise<number> => {
    const spool = mkdtempSync(join(place.disk, 'spool-'))
    const command = `"$2" --limit 64G --keep-free 0 --when-full block --spool ${options}`
    const wall = await piped(path, command, spool)
    mustEqual('digest of the spool', digestOfSpool(spool), digest)
    rmSync(spool, { recursive: true })
    return wall
  }
  const runs = PAIRS.map(() => ({ cat: [] as number[], shim: [] as number[] }))
  for (let done = 0; done < rounds; done++)
    for (const [at, pair] of PAIRS.entries()) {
      runs[at].cat.push(await cat(pair.cat))
      runs[at].shim.push(await own(pair.shim))
    }
  const rates = (walls: readonly number[]): string =>
    spread(walls.map((wall) => bytes / 1e6 / wall))
  const share = (at: number): number => median(runs[at].cat) / median(runs[at].shim)
  return {
    title: 'shim: from a pipe to disk, against cat',
    notes: [
      `${round(bytes / 1e6)} MB; ${rounds} rounds in turn; median (least–most); every spool read back and compared`,
      'without syncs: neither syncs; synced: the shim as it is by default (1 s or 4 MiB), cat with one sync at the end',
    ],
    columns: ['', 'cat MB/s', 'shim MB/s', 'shim / cat'],
    rows: PAIRS.map(({ name }, at) => [
      name,
      rates(runs[at].cat),
      rates(runs[at].shim),
      round(share(at)),
    ]),
    targets: PAIRS.map(({ name }, at) => ({
      what: `throughput of the shim over that of cat, ${name}`,
      value: share(at),
      limit: SHARE,
      kind: 'at least',
    })),
    data: Object.fromEntries(PAIRS.map(({ name }, at) => [name, runs[at]])),
  }
}

/** Seconds that `command` takes to read the input from a pipe; `$1` is its output, `$2` the shim. */
async function piped(input: string, command: string, output: string): Promise<number> {
  await measured({ command: 'sync', args: [] })
  const args = ['-c', `cat ${'"$0" '.repeat(TIMES)}| ${command}`, input, output, SHIM]
  return (await measured({ command: 'bash', args })).wall
}

async function digestOfInput(path: string): Promise<string> {
  const hash = createHash('sha256')
  for (let time = 0; time < TIMES; time++)
    for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer)
  return hash.digest('hex')
}

/** What a spool holds, or what is wrong with it. */
function digestOfSpool(spool: string): string {
  const hash = createHash('sha256')
  const notices: string[] = []
  const reader = new SpoolReader({ spool, notice: ({ kind }) => notices.push(kind) })
  for (let piece = reader.next(); piece !== null; piece = reader.next())
    if (piece.kind === 'data') hash.update(piece.bytes)
  reader.close()
  return notices.length === 0 ? hash.digest('hex') : notices.join()
}
