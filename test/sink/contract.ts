import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/model/delivery.ts'
import { Failure } from '../../src/model/failure.ts'
import { blockOf } from './block.ts'

/** A sink under test and what came out of it so far, each one text of lines. */
export interface Harness {
  readonly sink: Sink
  readonly read: () => Promise<{ events: string; rejects: string; rates: string; alerts: string }>
  /** Makes the next `sync` or `accept` at the latest fail. */
  readonly fail: () => void | Promise<void>
}

/** What every sink keeps to (`Sink` in src/model/delivery.ts). */
export function sinkContract(name: string, open: () => Promise<Harness>): void {
  describe(`the sink ${name}`, () => {
    it('gives every run of a block byte for byte and nothing between them', async () => {
      const { sink, read } = await open()
      await sink.accept(blockOf({ runs: ['{"a":1}\n', '{"b":"é"}\n{"c":3}\n'] }))
      await sink.sync()
      expect((await read()).events).toBe('{"a":1}\n{"b":"é"}\n{"c":3}\n')
      await sink.close()
    })

    it('keeps the order of blocks that were given without waiting', async () => {
      const { sink, read } = await open()
      const lines = Array.from({ length: 50 }, (_, i) => `{"n":${i}}\n`)
      await Promise.all(lines.map((line) => sink.accept(blockOf({ runs: [line] }))))
      await sink.close()
      expect((await read()).events).toBe(lines.join(''))
    })

    it('has no use for the memory of a block it has accepted', async () => {
      const { sink, read } = await open()
      const block = blockOf({ runs: ['{"kept":1}\n'], rejects: [Buffer.from('junk')] })
      await sink.accept(block)
      block.result.out.fill(0x78)
      block.batch.bytes.fill(0x78)
      await sink.close()
      const { events, rejects } = await read()
      expect(events).toBe('{"kept":1}\n')
      expect(JSON.parse(rejects)).toMatchObject({ text: 'junk' })
    })

    it('takes a block with nothing in it', async () => {
      const { sink, read } = await open()
      await sink.accept(blockOf({}))
      await sink.close()
      expect(await read()).toEqual({ events: '', rejects: '', rates: '', alerts: '' })
    })

    it('gives a reject with its position, reason and bytes, as text or hex', async () => {
      const { sink, read } = await open()
      const odd = Uint8Array.of(0xff, 0x00, 0x41)
      await sink.accept(
        blockOf({ rejects: [Buffer.from('no "record"'), odd], place: 2 ** 28 * 3 + 7, epoch: 2 }),
      )
      await sink.close()
      const lines = (await read()).rejects.trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        { pos: '2.3.7', reason: 'header', node: null, text: 'no "record"', bytes: 11 },
        { pos: '2.3.19', reason: 'header', node: null, hex: 'ff0041', bytes: 3 },
      ])
    })

    it('leaves out rejects that were delivered before', async () => {
      const { sink, read } = await open()
      const rejects = ['one', 'two', 'three'].map((text) => Buffer.from(text))
      await sink.accept(blockOf({ rejects, rejectsFrom: 2 }))
      await sink.close()
      expect((await read()).rejects.trimEnd().split('\n')).toHaveLength(1)
    })

    it('gives rates and alerts apart, one JSON line each, in order', async () => {
      const { sink, read } = await open()
      sink.rate({ key: 'exec', in: 1 })
      sink.alert({ alert: 'flood.start', key: 'a\nb' })
      sink.rate({ key: null, in: 2 })
      await sink.sync()
      const { rates, alerts } = await read()
      expect(rates).toBe('{"key":"exec","in":1}\n{"key":null,"in":2}\n')
      expect(alerts).toBe('{"alert":"flood.start","key":"a\\nb"}\n')
      await sink.close()
    })

    it('fails with a Failure and accepts nothing after it', async () => {
      const { sink, fail } = await open()
      await fail()
      const first = await sink
        .accept(blockOf({ runs: ['{"lost":1}\n'] }))
        .then(() => sink.sync())
        .catch((error: unknown) => error)
      expect(first).toBeInstanceOf(Failure)
      await expect(sink.accept(blockOf({ runs: ['{"later":1}\n'] }))).rejects.toBe(first)
      await expect(sink.close()).rejects.toBe(first)
    })
  })
}
