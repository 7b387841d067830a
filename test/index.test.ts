import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  Analyser,
  type Batch,
  createBatch,
  createResult,
  type DecodeOptions,
  Decoder,
  Framer,
  type Message,
  readFiles,
  roomFor,
  Stitcher,
} from '../src/index.ts'

const LOG = new URL('captures/enriched.log', import.meta.url).pathname

describe('the public API', () => {
  it('is enough to turn a log into events and rates', async () => {
    const options: DecodeOptions = {
      format: 'native',
      host: 'web-01',
      raw: false,
      interpretedPrefix: '',
    }
    const rates: Message[] = []
    const analyser = new Analyser({
      host: 'web-01',
      interval: 10_000,
      emitRate: (row) => rates.push(row),
      emitAlert: () => {},
    })
    const decoder = new Decoder(options)
    const stitcher = new Stitcher({ decoder: new Decoder(options), done: null })
    let events = ''
    const take = (batch: Batch): void => {
      const result = createResult(roomFor(batch.length))
      decoder.decode(batch, result)
      const block = stitcher.push(batch, result)
      analyser.accept(block)
      for (const run of block.runs)
        events += Buffer.from(run.result.out.subarray(run.start, run.end)).toString()
    }
    const framer = new Framer({ acquire: () => createBatch(), emit: take })
    for await (const piece of readFiles([LOG])) expect(framer.push(piece)).toBe(true)
    analyser.end()
    const stamps = new Set(readFileSync(LOG, 'utf8').match(/\d+\.\d{3}:\d+(?=\):)/g))
    const ids = events.match(/^\{"ID":"[^"]+/gm)?.map((head) => head.slice(7))
    expect(new Set(ids)).toEqual(stamps)
    const told = rates.reduce((sum, { total }) => sum + Number((total as Message)['events']), 0)
    expect(told).toBe(ids?.length)
  })
})
