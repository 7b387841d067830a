import { afterEach, expect, test, vi } from 'vitest'
import { Analyser } from '../../src/analyse/analyser.ts'
import { type DecodeOptions, Decoder } from '../../src/decode/decoder.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Pipeline, type Progress } from '../../src/pipeline/pipeline.ts'
import { DecodePool } from '../../src/pool/pool.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'
import { MemorySink, MemorySpool } from './memory.ts'

const START: Progress = { resume: { epoch: 0, place: 0 }, done: null }
const DECODE: DecodeOptions = {
  format: 'native',
  host: 'web-01',
  raw: false,
  interpretedPrefix: '',
}

let pool: DecodePool
afterEach(() => pool.close())

interface Run {
  readonly pipeline: Pipeline
  readonly sink: MemorySink
  readonly rates: Message[]
  readonly analyser: Analyser
}

/** The real stages between a spool and a sink in memory. */
function rig(spool: MemorySpool): Run {
  const decoder = new Decoder(DECODE)
  const sink = new MemorySink()
  const rates: Message[] = []
  const analyser = new Analyser({
    host: 'web-01',
    interval: 1000,
    emitRate: (row) => rates.push(row),
    emitAlert: () => {},
  })
  pool = new DecodePool({
    inline: () => (batch, result) => decoder.decode(batch, result),
    filename: '',
    workerData: null,
  })
  const pipeline = new Pipeline({
    open: (at) => spool.open(at),
    stitcher: (done) => new Stitcher({ decoder: new Decoder(DECODE), done }),
    pool,
    slots: 4,
    batchBytes: 3000,
    replayable: true,
    live: false,
    isLast: (piece) => piece.kind === 'end',
    delivery: START,
    analysis: START,
    analyse: (block) => analyser.accept(block),
    sink,
  })
  return { pipeline, sink, rates, analyser }
}

/** Events of three records whose lines lie between those of their neighbours. */
function interleaved(from: number, to: number): string {
  const lines: string[] = []
  for (let n = from; n < to; n++) {
    const stamp = `msg=audit(${1_700_000_000 + Math.floor(n / 50)}.000:${n}):`
    const at = lines.length
    lines.push(`type=SYSCALL ${stamp} arch=c000003e syscall=2 success=yes items=0 key="k${n % 3}"`)
    lines.splice(Math.max(0, at - (n % 5)), 0, `type=CWD ${stamp} cwd="/tmp/${n}"`)
    lines.push(`type=EOE ${stamp} `)
  }
  return lines.map((line) => `${line}\n`).join('')
}

test('a sink that is full now and then changes no delivered byte and no rate', async () => {
  const spool = new MemorySpool()
  const { pipeline, sink, rates, analyser } = rig(spool)
  const run = pipeline.run()
  let n = 0
  const writer = setInterval(() => {
    const text = interleaved(n, n + 20)
    n += 20
    for (let at = 0; at < text.length; at += 777) spool.write(text.slice(at, at + 777))
    spool.tick()
  }, 3)
  for (let round = 0; round < 3; round++) {
    sink.stick()
    await vi.waitFor(() => expect(pipeline.parted).toBe(true), 5000)
    const { done } = pipeline.delivery
    const analysed = pipeline.analysis.done?.place ?? 0
    await vi.waitFor(() => expect(pipeline.analysis.done?.place).toBeGreaterThan(analysed))
    expect(pipeline.delivery.done).toEqual(done)
    sink.free()
    await vi.waitFor(() => expect(pipeline.parted).toBe(false), 5000)
  }
  clearInterval(writer)
  spool.end()
  expect(await run).toBe(true)
  analyser.end()

  const plain = rig(spool)
  await plain.pipeline.run()
  plain.analyser.end()
  expect(sink.text === plain.sink.text).toBe(true)
  expect(sink.text.split('\n')).toHaveLength(n + 1)
  expect(rates).toEqual(plain.rates)
  expect(rates.length).toBeGreaterThan(n / 100)
})
