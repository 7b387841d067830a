import { createHash } from 'node:crypto'
import { Bench as Tinybench } from 'tinybench'
import { type DecodeOptions, Decoder } from '../src/decode/decoder.ts'
import { Framer } from '../src/frame/framer.ts'
import { Generator } from '../src/generate/generator.ts'
import { type Batch, createBatch } from '../src/model/batch.ts'
import { PLAIN_EPOCH } from '../src/model/place.ts'
import { createResult, type Result, roomFor } from '../src/model/result.ts'
import { Stitcher } from '../src/stitch/stitcher.ts'
import { type Bench, mustEqual } from './bench.ts'
import { madeBytes, STREAM } from './made.ts'
import { round } from './report.ts'

const BYTES = 16 << 20
/** The size of the shim's frames; files come in larger pieces. */
const PIECE_BYTES = 256 << 10
const BUFFER_BYTES = 1 << 20
const TIME_MS = 3000
const WARM_UP_MS = 1000

/** Each stage alone, in one thread, from memory to memory. */
export const micro: Bench = async () => {
  const { bytes, truth } = madeBytes({ bytes: BYTES })
  const batches: Batch[] = []
  frame(bytes, (batch) => batches.push(copyOf(batch)))
  mustEqual(
    'bytes that were framed',
    sum(batches, ({ length }) => length),
    bytes.length,
  )

  const native = new Decoder(optionsOf('native'))
  const raw = new Decoder(optionsOf('raw'))
  const results = batches.map((batch) => decoded(native, batch))
  const rawResults = batches.map((batch) => decoded(raw, batch))
  mustEqual(
    'records decoded',
    sum(results, ({ counts }) => counts.records),
    truth.records,
  )
  mustEqual(
    'raw records decoded',
    sum(rawResults, ({ counts }) => counts.records),
    truth.records,
  )
  mustEqual('events stitched', stitch(native, batches, results), truth.pieces)
  mustEqual('raw events stitched', stitch(raw, batches, rawResults), truth.pieces)

  const buffer = Buffer.alloc(BUFFER_BYTES)
  const hash = createHash('sha256')
  generate(buffer, (made) => hash.update(made))
  const expected = createHash('sha256').update(bytes).digest('hex')
  mustEqual('digest of what is made', hash.digest('hex'), expected)

  const reused = createResult(roomFor(batches[0].bytes.length))
  const bench = new Tinybench({ time: TIME_MS, warmupTime: WARM_UP_MS })
    .add('generator', () => generate(buffer, () => {}))
    .add('framer', () => frame(bytes, () => {}))
    .add('decoder, native', () => {
      for (const batch of batches) native.decode(batch, reused)
    })
    .add('decoder, raw', () => {
      for (const batch of batches) raw.decode(batch, reused)
    })
    .add('stitcher', () => {
      stitch(native, batches, results)
    })
  await bench.run()
  const found = bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
    return { name, ms: result.latency.p50, best: result.latency.min, rme: result.latency.rme }
  })
  return {
    title: 'micro: each stage alone, in one thread',
    notes: [
      `${round(bytes.length / 1e6)} MB in ${batches.length} batches, ${truth.records} records, ${truth.events} events; results compared first; medians`,
    ],
    columns: ['', 'MB/s', 'M records/s', 'µs/batch', 'best MB/s', '± %'],
    rows: found.map(({ name, ms, best, rme }) => [
      name,
      round(bytes.length / 1e3 / ms),
      round(truth.records / 1e3 / ms),
      round((ms * 1000) / batches.length),
      round(bytes.length / 1e3 / best),
      round(rme),
    ]),
    targets: [],
    data: found,
  }
}

function optionsOf(format: DecodeOptions['format']): DecodeOptions {
  return { format, host: 'web-01', raw: false, interpretedPrefix: '' }
}

function generate(buffer: Uint8Array, take: (made: Uint8Array) => void): void {
  const generator = new Generator({ ...STREAM, bytes: BYTES })
  while (!generator.done) take(buffer.subarray(0, generator.fill(buffer)))
}

/** Frames `bytes` in one batch that is used again and again. */
function frame(bytes: Uint8Array, emit: (batch: Batch) => void): void {
  const batch = createBatch()
  const framer = new Framer({ acquire: () => batch, emit })
  const stream = { kind: 'data', epoch: PLAIN_EPOCH, boot: null, clock: null } as const
  for (let place = 0; place < bytes.length; place += PIECE_BYTES)
    framer.push({ ...stream, place, bytes: bytes.subarray(place, place + PIECE_BYTES) })
  framer.end()
}

function copyOf(batch: Batch): Batch {
  return { ...batch, bytes: batch.bytes.slice(), marks: batch.marks.slice() }
}

function decoded(decoder: Decoder, batch: Batch): Result {
  const result = createResult(roomFor(batch.bytes.length))
  decoder.decode(batch, result)
  return result
}

/** Stitches decoded batches; gives the number of events. */
function stitch(decoder: Decoder, batches: readonly Batch[], results: readonly Result[]): number {
  const stitcher = new Stitcher({ decoder, done: null })
  return sum(batches, (batch, at) =>
    sum(stitcher.push(batch, results[at]).runs, ({ from, to }) => to - from),
  )
}

function sum<T>(of: readonly T[], value: (one: T, at: number) => number): number {
  return of.reduce((so, one, at) => so + value(one, at), 0)
}
