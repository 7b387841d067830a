import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Piece } from '../../src/model/piece.ts'
import { Pipeline, type PipelineOptions, type Progress } from '../../src/pipeline/pipeline.ts'
import { sourceOf } from '../../src/pipeline/source.ts'
import { DecodePool } from '../../src/pool/pool.ts'
import { bundleWorker } from '../pool/bundle.ts'
import { lineDecode } from '../pool/line-decode.ts'
import { lineStitcher } from './line-stitcher.ts'
import { MemorySink, MemorySpool, OpenPipe, textOf } from './memory.ts'

const START: Progress = { resume: { epoch: 0, place: 0 }, done: null }

let filename: string
let pool: DecodePool

beforeAll(async () => {
  filename = await bundleWorker('test/pool/worker.ts')
})
afterEach(() => pool.close())

async function open(workers: number): Promise<void> {
  pool = new DecodePool({ inline: () => lineDecode, filename, workerData: null })
  await pool.resize(workers)
}

interface Rig {
  readonly pipeline: Pipeline
  readonly sink: MemorySink
  readonly analysed: () => string
}

function rig(spool: MemorySpool, options: Partial<PipelineOptions> = {}): Rig {
  const sink = new MemorySink()
  let analysed = ''
  const pipeline = new Pipeline({
    open: (at) => spool.open(at),
    stitcher: lineStitcher,
    pool,
    slots: 4,
    replayable: true,
    live: false,
    isLast: (piece) => piece.kind === 'end',
    delivery: START,
    analysis: START,
    analyse: (block) => {
      analysed += textOf(block)
    },
    sink,
    ...options,
  })
  return { pipeline, sink, analysed: () => analysed }
}

/** Equal, without a report of megabytes when not. */
function expectSame(actual: string, expected: string): void {
  let at = 0
  while (at < expected.length && actual[at] === expected[at]) at++
  expect([at, actual.length, actual.slice(at, at + 50)]).toEqual([
    expected.length,
    expected.length,
    '',
  ])
}

/** Lines of about a hundred bytes, cut into frames anywhere. */
function lines(from: number, to: number): string {
  let text = ''
  for (let n = from; n < to; n++) text += `line ${n} ${'.'.repeat(n % 190)}\n`
  return text
}

function writeFrames(spool: MemorySpool, text: string, bytes = 5000): void {
  for (let at = 0; at < text.length; at += bytes) spool.write(text.slice(at, at + bytes))
}

describe.each([0, 1, 2])('with %i workers', (workers) => {
  test.each([100, 4096, 70_000])(
    'every line is analysed and delivered once, in order, in batches of %i',
    async (batchBytes) => {
      await open(workers)
      const spool = new MemorySpool()
      const text = lines(0, batchBytes < 1000 ? 500 : 5000)
      writeFrames(spool, text)
      spool.end()
      const { pipeline, sink, analysed } = rig(spool, { batchBytes })
      await pipeline.run()
      expectSame(sink.text, text)
      expectSame(analysed(), text)
      expect(sink.blocks.length).toBeGreaterThan(1)
    },
  )
})

test('from every delivered position on, the rest is what the whole run gave', async () => {
  await open(0)
  const spool = new MemorySpool()
  const text = lines(0, 400)
  writeFrames(spool, text, 700)
  spool.end()
  const whole = rig(spool, { batchBytes: 2000 })
  await whole.pipeline.run()
  let delivered = 0
  for (const block of whole.sink.blocks) {
    delivered += block.runs.reduce((sum, { start, end }) => sum + end - start, 0)
    const progress = { resume: block.resume, done: block.done }
    const rest = rig(spool, { delivery: progress, analysis: progress })
    await rest.pipeline.run()
    expectSame(rest.sink.text, text.slice(delivered))
  }
})

test('a sink that takes nothing does not hold up analysis, and gets everything in the end', async () => {
  await open(1)
  const spool = new MemorySpool()
  const { pipeline, sink, analysed } = rig(spool, { batchBytes: 4096 })
  const run = pipeline.run()
  let text = lines(0, 1000)
  writeFrames(spool, text)
  await vi.waitFor(() => expectSame(sink.text, text), 10_000)
  sink.stick()
  for (let round = 1; round <= 20; round++) {
    const more = lines(round * 1000, round * 1000 + 1000)
    writeFrames(spool, more)
    text += more
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await vi.waitFor(() => expectSame(analysed(), text), 10_000)
  expect(pipeline.parted).toBe(true)
  expect(sink.text.length).toBeLessThan(text.length / 2)
  sink.free()
  await vi.waitFor(() => expect(pipeline.parted).toBe(false), 5000)
  for (let round = 30; round < 35; round++) {
    const more = lines(round * 1000, round * 1000 + 1000)
    writeFrames(spool, more)
    text += more
  }
  spool.end()
  await run
  expectSame(sink.text, text)
  expectSame(analysed(), text)
  expect(spool.opened).toBe(2)
})

test('lanes part and meet again and again while the stream goes on', async () => {
  await open(0)
  const spool = new MemorySpool()
  const { pipeline, sink, analysed } = rig(spool, { batchBytes: 2000 })
  const run = pipeline.run()
  let text = ''
  let n = 0
  let partings = 0
  const writer = setInterval(() => {
    const more = lines(n, n + 20)
    n += 20
    text += more
    writeFrames(spool, more, 333)
    if (n % 100 === 0) spool.tick()
  }, 3)
  for (let round = 0; round < 3; round++) {
    sink.stick()
    await vi.waitFor(() => expect(pipeline.parted).toBe(true), 5000)
    partings++
    sink.free()
    await vi.waitFor(() => expect(pipeline.parted).toBe(false), 5000)
  }
  clearInterval(writer)
  spool.end()
  await run
  expect(partings).toBe(3)
  expectSame(sink.text, text)
  expectSame(analysed(), text)
})

test('consumers that stand at two positions begin apart and become one', async () => {
  await open(0)
  const spool = new MemorySpool()
  const text = lines(0, 3000)
  writeFrames(spool, text)
  const before = rig(spool, { batchBytes: 4096 })
  const first = before.pipeline.run()
  await vi.waitFor(() => expectSame(before.sink.text, text))
  before.pipeline.stop()
  await first
  const analysis = before.pipeline.analysis
  const { pipeline, sink, analysed } = rig(spool, { batchBytes: 4096, analysis })
  const run = pipeline.run()
  expect(pipeline.parted).toBe(true)
  await vi.waitFor(() => expectSame(sink.text, text))
  const more = lines(3000, 3100)
  spool.write(more)
  await vi.waitFor(() => expect(pipeline.parted).toBe(false))
  spool.end()
  await run
  expectSame(sink.text, text + more)
  expectSame(analysed(), more)
})

test('a stream that cannot be read twice waits for its sink and is held in bounded memory', async () => {
  await open(0)
  const spool = new MemorySpool()
  const text = lines(0, 20_000)
  writeFrames(spool, text)
  spool.end()
  const { pipeline, sink, analysed } = rig(spool, { replayable: false, batchBytes: 4096 })
  sink.stick()
  const run = pipeline.run()
  await new Promise((resolve) => setTimeout(resolve, 800))
  expect(analysed().length).toBeLessThan(3 * 4096)
  expect(pipeline.lag).toBeGreaterThan(text.length - 10 * 4096)
  sink.free()
  await run
  expectSame(sink.text, text)
})

test('what was read is delivered after a stop, and nothing more is read', async () => {
  await open(1)
  const spool = new MemorySpool()
  writeFrames(spool, lines(0, 3000))
  const { pipeline, sink } = rig(spool, { batchBytes: 4096 })
  sink.stick()
  const run = pipeline.run()
  await new Promise((resolve) => setTimeout(resolve, 100))
  pipeline.stop()
  sink.free()
  await run
  expect(sink.text.length).toBeGreaterThan(0)
  expect(lines(0, 3000).startsWith(sink.text)).toBe(true)
  expect(pipeline.lag).toBeGreaterThan(0)
})

test('a sink that fails ends the run with its failure', async () => {
  await open(0)
  const spool = new MemorySpool()
  writeFrames(spool, lines(0, 3000))
  const { pipeline, sink } = rig(spool, { batchBytes: 4096 })
  sink.failure = new Error('disk full')
  await expect(pipeline.run()).rejects.toThrow('disk full')
})

test('a source that fails ends the run after what it gave was delivered', async () => {
  await open(0)
  const { pipeline, sink } = rig(new MemorySpool(), {
    replayable: false,
    open: () => sourceOf(failing(), null),
  })
  await expect(pipeline.run()).rejects.toThrow('EIO')
  expectSame(sink.text, 'one\ntwo\n')
})

async function* failing(): AsyncGenerator<Piece> {
  const bytes = Buffer.from('one\ntwo\n')
  yield { kind: 'data', bytes, epoch: 0, boot: null, place: 0, clock: null }
  throw new Error('EIO')
}

test('what is whole in a spool is delivered after a moment of quiet, however often it is looked at', async () => {
  await open(0)
  const spool = new MemorySpool()
  const { pipeline, sink } = rig(spool)
  const run = pipeline.run()
  spool.write('one\ntw')
  await vi.waitFor(() => expect(sink.text).toBe('one\n'), { interval: 5 })
  pipeline.stop()
  await run
})

test('what is whole on an open pipe is delivered at once, what is not when the rest comes', async () => {
  await open(0)
  const pipe = new OpenPipe()
  const { pipeline, sink } = rig(new MemorySpool(), {
    replayable: false,
    live: true,
    open: () => sourceOf(pipe.pieces(), null),
  })
  const run = pipeline.run()
  pipe.write('type=A msg=audit(1.000:1): one\ntype=A msg=au')
  const asked = performance.now()
  await vi.waitFor(() => expect(sink.text).toBe('type=A msg=audit(1.000:1): one\n'), {
    interval: 5,
  })
  expect(performance.now() - asked).toBeLessThan(500)
  pipe.write('dit(1.000:2): two\n')
  await vi.waitFor(() => expect(sink.text).toMatch(/two\n$/))
  pipeline.stop()
  await run
})

test('a pipe that says nothing can be stopped, and what it left unfinished is not lost', async () => {
  await open(0)
  const pipe = new OpenPipe()
  const { pipeline, sink } = rig(new MemorySpool(), {
    replayable: false,
    live: true,
    open: () => sourceOf(pipe.pieces(), null),
  })
  const run = pipeline.run()
  pipe.write('type=A msg=audit(1.000:1): one')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(sink.text).toBe('')
  pipeline.stop()
  await run
  expect(sink.text).toBe('type=A msg=audit(1.000:1): one\n')
})
