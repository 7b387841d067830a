import { createHash } from 'node:crypto'
import { Analyser } from '../src/analyse/analyser.ts'
import { type DecodeOptions, Decoder } from '../src/decode/decoder.ts'
import { OriginFinder } from '../src/decode/origins.ts'
import { Framer } from '../src/frame/framer.ts'
import { type Batch, createBatch } from '../src/model/batch.ts'
import { PLAIN_EPOCH } from '../src/model/place.ts'
import { createResult, type Result, roomFor } from '../src/model/result.ts'
import { Stitcher } from '../src/stitch/stitcher.ts'
import { type Bench, mustEqual } from './bench.ts'
import { FULL_RATE, madeBytes, USUAL_RATE } from './made.ts'
import { median, round, spread } from './report.ts'

const BYTES = 96 << 20
const PIECE_BYTES = 256 << 10
/** Share of the CPU of decoding that analysis may take. */
const MOST = 0.1
/** Rounds for the compiler, which are not counted. */
const WARM_UP = 2

/** Events in a second of the stream's own time: as fast as they are decoded, and those of a backlog that is caught up on. */
const RATES = [FULL_RATE, USUAL_RATE]

/** What a variant does besides decoding and stitching. */
interface Variant {
  readonly name: string
  readonly digest: boolean
  readonly analyse: boolean
}

const VARIANTS: readonly Variant[] = [
  { name: 'decode and stitch', digest: false, analyse: false },
  { name: '+ SHA-256', digest: true, analyse: false },
  { name: '+ analysis with its SHA-256', digest: false, analyse: true },
]

/** CPU ms of one round, and of `all` without its digest. */
interface Measured {
  readonly bare: number
  readonly digest: number
  readonly all: number
  readonly own: number
}

const ROWS: readonly (readonly [name: string, of: keyof Measured])[] = [
  [VARIANTS[0].name, 'bare'],
  [VARIANTS[1].name, 'digest'],
  [VARIANTS[2].name, 'all'],
  ['  less its SHA-256', 'own'],
]

/** What analysis adds to decoding, in one thread from memory to memory, by CPU time. */
export const analysis: Bench = async ({ rounds }) => {
  const streams = []
  for (const rate of RATES) streams.push({ rate, ...(await measure(rate, rounds)) })
  const over = ({ bare }: Measured, ms: number): number => ms / bare - 1
  return {
    title: 'analysis: what it adds to decoding, in one thread',
    notes: [
      `${round(BYTES / 1e6)} MB, about ${round(streams[0].events)} events; CPU time; ${rounds} rounds, in turn batch by batch, code compiled before; median (least–most)`,
      'in the service decoding runs in workers, the rest in the main thread; the SHA-256 is that of the heartbeats, for who verifies what was delivered',
    ],
    columns: ['', 'CPU ms', 'MB per CPU s', 'over the first, %'],
    rows: streams.flatMap(({ rate, bytes, measured }) => [
      [`${rate} events/s`, '', '', ''],
      ...ROWS.map(([name, of]) => [
        name,
        spread(measured.map((one) => one[of])),
        round(bytes / 1e3 / median(measured.map((one) => one[of]))),
        spread(measured.map((one) => over(one, one[of]) * 100)),
      ]),
    ]),
    targets: streams.map(({ rate, measured }) => ({
      what: `CPU of analysis without the SHA-256 over that of decoding, at ${rate} events/s`,
      value: median(measured.map((one) => over(one, one.own))),
      limit: MOST,
      kind: 'at most',
    })),
    data: Object.fromEntries(streams.map(({ rate, measured }) => [rate, measured])),
  }
}

/** Takes a stream of so many events a second through all variants. */
async function measure(
  rate: number,
  rounds: number,
): Promise<{ bytes: number; events: number; measured: Measured[] }> {
  const { bytes, truth } = madeBytes({ bytes: BYTES, rate })
  const batches: Batch[] = []
  const framer = new Framer({ acquire: () => createBatch(), emit: (one) => batches.push(one) })
  const stream = { kind: 'data', epoch: PLAIN_EPOCH, boot: null, clock: null } as const
  for (let place = 0; place < bytes.length; place += PIECE_BYTES)
    framer.push({ ...stream, place, bytes: bytes.subarray(place, place + PIECE_BYTES) })
  framer.end()
  // All of them use the same memory, since new memory costs more than what is measured.
  const result = createResult(roomFor(batches[0].bytes.length))
  const measured: Measured[] = []
  for (let done = 0; done < WARM_UP + rounds; done++) {
    const ways = VARIANTS.map((variant) => new Way(variant, result))
    // What the round before left to be collected is not this one's.
    await new Promise((resolve) => setImmediate(resolve))
    for (const [turn, batch] of batches.entries())
      for (const way of inTurn(ways, turn)) way.take(batch)
    for (const { name, events } of ways) mustEqual(`events of ${name}`, events, truth.pieces)
    const [bare, digest, all] = ways.map(({ ms }) => ms)
    if (done >= WARM_UP) measured.push({ bare, digest, all, own: all - (digest - bare) })
  }
  return { bytes: bytes.length, events: truth.events, measured }
}

/** The ways in an order in which each comes after each of the others, since it finds the caches as that left them. */
function inTurn(ways: readonly Way[], turn: number): readonly Way[] {
  const first = turn % ways.length
  const turned = [...ways.slice(first), ...ways.slice(0, first)]
  return turn % 2 === 0 ? turned : turned.toReversed()
}

/** One way from batches to what is made of them. */
class Way {
  readonly name: string
  /** Events so far, and CPU time. */
  events = 0
  ms = 0
  readonly #variant: Variant
  readonly #decoder: Decoder
  readonly #stitcher: Stitcher
  readonly #analyser: Analyser
  readonly #result: Result
  readonly #hash = createHash('sha256')

  constructor(variant: Variant, result: Result) {
    const options: DecodeOptions = {
      format: 'native',
      host: 'web-01',
      raw: false,
      interpretedPrefix: '',
      origins: variant.analyse,
    }
    const nothing = (): void => {}
    this.name = variant.name
    this.#variant = variant
    this.#decoder = new Decoder(options)
    this.#stitcher = new Stitcher({ decoder: this.#decoder, done: null })
    this.#analyser = new Analyser({
      host: 'web-01',
      interval: 10_000,
      origins: new OriginFinder(),
      emitRate: nothing,
      emitAlert: nothing,
    })
    this.#result = result
  }

  take(batch: Batch): void {
    const { analyse, digest } = this.#variant
    const before = process.cpuUsage()
    this.#decoder.decode(batch, this.#result)
    const block = this.#stitcher.push(batch, this.#result)
    if (analyse) this.#analyser.accept(block)
    if (digest) this.#hash.update(batch.bytes.subarray(0, batch.length))
    const { user, system } = process.cpuUsage(before)
    this.ms += (user + system) / 1000
    for (const { from, to } of block.runs) this.events += to - from
  }
}
