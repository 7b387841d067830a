import { createHash } from 'node:crypto'
import { Analyser } from '../src/analyse/analyser.ts'
import { type DecodeOptions, Decoder } from '../src/decode/decoder.ts'
import { Framer } from '../src/frame/framer.ts'
import { type Batch, createBatch } from '../src/model/batch.ts'
import { PLAIN_EPOCH } from '../src/model/place.ts'
import { createResult, roomFor } from '../src/model/result.ts'
import { Stitcher } from '../src/stitch/stitcher.ts'
import { type Bench, mustEqual } from './bench.ts'
import { madeBytes } from './made.ts'
import { median, round, spread } from './report.ts'

const BYTES = 32 << 20
const PIECE_BYTES = 256 << 10
/** Share of the CPU of decoding that analysis may take. */
const MOST = 0.1

/** What a variant does besides decoding and stitching. */
interface Variant {
  readonly name: string
  readonly origins: boolean
  readonly digest: boolean
  readonly analyse: boolean
}

const VARIANTS: readonly Variant[] = [
  { name: 'decode and stitch', origins: false, digest: false, analyse: false },
  { name: '+ origins', origins: true, digest: false, analyse: false },
  { name: '+ SHA-256', origins: false, digest: true, analyse: false },
  { name: '+ origins, analysis with its SHA-256', origins: true, digest: false, analyse: true },
]

/** What analysis adds to decoding, in one thread from memory to memory, by CPU time. */
export const analysis: Bench = async ({ rounds }) => {
  const { bytes, truth } = madeBytes({ bytes: BYTES })
  const batches: Batch[] = []
  const framer = new Framer({ acquire: () => createBatch(), emit: (one) => batches.push(one) })
  const stream = { kind: 'data', epoch: PLAIN_EPOCH, boot: null, clock: null } as const
  for (let place = 0; place < bytes.length; place += PIECE_BYTES)
    framer.push({ ...stream, place, bytes: bytes.subarray(place, place + PIECE_BYTES) })
  framer.end()
  const runs = VARIANTS.map((): number[] => [])
  // The first round is for the compiler.
  for (let done = 0; done <= rounds; done++)
    for (const [at, variant] of VARIANTS.entries()) {
      const { ms, events } = await once(variant, batches)
      mustEqual(`events of ${variant.name}`, events, truth.pieces)
      if (done > 0) runs[at].push(ms)
    }
  const ratios = runs.map((ms) => ms.map((one, at) => one / runs[0][at] - 1))
  return {
    title: 'analysis: what it adds to decoding, in one thread',
    notes: [
      `${round(bytes.length / 1e6)} MB, ${truth.records} records, ${truth.events} events; CPU time; ${rounds} rounds in turn; median (least–most)`,
      'in the service decoding and its origins run in workers, the rest in the main thread',
    ],
    columns: ['', 'CPU ms', 'MB per CPU s', 'over the first, %'],
    rows: VARIANTS.map(({ name }, at) => [
      name,
      spread(runs[at]),
      round(bytes.length / 1e3 / median(runs[at])),
      spread(ratios[at].map((ratio) => ratio * 100)),
    ]),
    targets: [
      {
        what: 'CPU of origins and analysis over that of decoding',
        value: median(ratios[VARIANTS.length - 1]),
        limit: MOST,
        kind: 'at most',
      },
    ],
    data: Object.fromEntries(VARIANTS.map(({ name }, at) => [name, runs[at]])),
  }
}

async function once(
  { origins, digest, analyse }: Variant,
  batches: readonly Batch[],
): Promise<{ ms: number; events: number }> {
  const options: DecodeOptions = {
    format: 'native',
    host: 'web-01',
    raw: false,
    interpretedPrefix: '',
    origins,
  }
  const decoder = new Decoder(options)
  const stitcher = new Stitcher({ decoder, done: null })
  const nothing = (): void => {}
  const analyser = new Analyser({
    host: 'web-01',
    interval: 10_000,
    emitRate: nothing,
    emitAlert: nothing,
  })
  const result = createResult(roomFor(batches[0].bytes.length))
  const hash = createHash('sha256')
  let events = 0
  // What the round before left to be collected is not this one's.
  await new Promise((resolve) => setImmediate(resolve))
  const before = process.cpuUsage()
  for (const batch of batches) {
    decoder.decode(batch, result)
    const block = stitcher.push(batch, result)
    if (analyse) analyser.accept(block)
    if (digest) hash.update(batch.bytes.subarray(0, batch.length))
    for (const { from, to } of block.runs) events += to - from
  }
  const { user, system } = process.cpuUsage(before)
  return { ms: (user + system) / 1000, events }
}
