import { afterAll, expect, test, vi } from 'vitest'
import { type DecodeOptions, Decoder } from '../../src/decode/decoder.ts'
import { Pipeline, type Progress } from '../../src/pipeline/pipeline.ts'
import { sourceOf } from '../../src/pipeline/source.ts'
import { DecodePool } from '../../src/pool/pool.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'
import { MemorySink, OpenPipe } from './memory.ts'

const START: Progress = { resume: { epoch: 0, place: 0 }, done: null }
const DECODE: DecodeOptions = { format: 'raw', host: null, raw: false, interpretedPrefix: '' }

const decoder = new Decoder(DECODE)
const pool = new DecodePool({
  inline: () => (batch, result) => decoder.decode(batch, result),
  filename: '',
  workerData: null,
})
afterAll(() => pool.close())

/** The real stages behind an open pipe. */
function live(pipe: OpenPipe): { pipeline: Pipeline; sink: MemorySink } {
  const sink = new MemorySink()
  const pipeline = new Pipeline({
    open: () => sourceOf(pipe.pieces(), null),
    stitcher: (done) => new Stitcher({ decoder: new Decoder(DECODE), done }),
    pool,
    slots: 2,
    replayable: false,
    live: true,
    isLast: (piece) => piece.kind === 'end',
    delivery: START,
    analysis: START,
    analyse: () => {},
    sink,
  })
  return { pipeline, sink }
}

const SYSCALL = 'type=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=2 items=0\n'
const PROCTITLE = 'type=PROCTITLE msg=audit(1.000:1): proctitle="cat"\n'
const EOE = 'type=EOE msg=audit(1.000:1): \n'

test('an event that its EOE closes is there at once', async () => {
  const pipe = new OpenPipe()
  const { pipeline, sink } = live(pipe)
  const run = pipeline.run()
  pipe.write(SYSCALL + PROCTITLE + EOE)
  await vi.waitFor(() => expect(sink.text).toBe(SYSCALL + PROCTITLE), { timeout: 500, interval: 5 })
  pipeline.stop()
  await run
})

test('an event without EOE is there after a second of silence behind its PROCTITLE', async () => {
  const pipe = new OpenPipe()
  const { pipeline, sink } = live(pipe)
  const run = pipeline.run()
  pipe.write(SYSCALL)
  await new Promise((resolve) => setTimeout(resolve, 300))
  pipe.write(PROCTITLE)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(sink.text).toBe('')
  await vi.waitFor(() => expect(sink.text).toBe(SYSCALL + PROCTITLE), 3000)
  pipeline.stop()
  await run
})

test('what waits for more when the pipe is left is not lost', async () => {
  const pipe = new OpenPipe()
  const { pipeline, sink } = live(pipe)
  const run = pipeline.run()
  pipe.write(SYSCALL)
  await new Promise((resolve) => setTimeout(resolve, 100))
  pipeline.stop()
  await run
  expect(sink.text).toBe(SYSCALL)
})
