import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import type { Block, Message } from '../../src/model/delivery.ts'
import type { Position } from '../../src/model/place.ts'
import { Bench, cut, type Item } from './blocks.ts'

const T = 1_700_000_000

type Step =
  | {
      readonly kind: 'events'
      readonly ahead: number
      readonly n: number
      readonly key: number
      readonly node: number
      readonly records: number
    }
  | { readonly kind: 'reject' | 'frame' | 'tick'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('events' as const),
      ahead: fc.oneof(fc.integer({ min: -800, max: 1200 }), fc.constantFrom(-15_000, 40_000)),
      n: fc.integer({ min: 1, max: 4 }),
      key: fc.nat(4),
      node: fc.constantFrom(0, 0, 0, 1),
      records: fc.constantFrom(1, 5, 1100, 3000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject' as const), ms: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('frame' as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.nat(30_000) }) },
)
const KEYS = [[], ['exec'], ['exec', 'net'], ['net'], ['a b']]
const NODES = ['', 'db-01']

/** A stream from steps: stamps wander ahead with a few behind, the clock only ahead. */
function streamOf(steps: readonly Step[]): Item[] {
  const items: Item[] = []
  let stamp = T * 1000
  let clock = 1000
  for (const one of steps) {
    const bytes = one.kind === 'events' || one.kind === 'reject'
    if (bytes && items.at(-1)?.kind === 'tick') items.push({ kind: 'frame', clock: (clock += 1) })
    if (one.kind === 'events') {
      if (one.ahead > -10_000) stamp += one.ahead
      const at = (one.ahead > -10_000 ? stamp : stamp + one.ahead) / 1000
      for (let i = 0; i < one.n; i++)
        items.push({
          kind: 'event',
          at,
          keys: KEYS[one.key],
          node: NODES[one.node],
          records: one.records,
        })
    } else if (one.kind === 'reject') items.push({ kind: 'reject' })
    else items.push({ kind: one.kind, clock: (clock += one.ms) })
  }
  return items
}

const stream = fc.array(step, { minLength: 1, maxLength: 150 }).map(streamOf)
const interval = fc.constantFrom(1000, 10_000)
const cuts = fc.array(fc.nat(400), { maxLength: 12 })

function sum(rows: readonly Message[], field: string): number {
  return rows.reduce((total, row) => total + Number(row[field]), 0)
}

/** What one node is told, in order: between nodes the order may differ. */
function told(messages: readonly Message[]): Record<string, Message[]> {
  return Object.fromEntries(
    ['web-01', 'db-01'].map((node) => [
      node,
      messages.filter((message) => message['node'] === node),
    ]),
  )
}

/** A block as it comes when it is read again: all in it is done. */
function again(block: Block): Block {
  return { ...block, runs: [], rejectsFrom: block.result.rejects.count }
}

/** The block lies at or behind where reading begins again. */
function isNeeded({ batch }: Block, read: Position | null): boolean {
  return read !== null && batch.marks[2] >= read.place
}

describe('an analyser', () => {
  it('tells each node the same however the stream is cut', () => {
    fc.assert(
      fc.property(stream, cuts, interval, (items, places, length) => {
        const whole = new Bench({ interval: length })
        for (const block of cut(items, [])) whole.analyser.accept(block)
        const parts = new Bench({ interval: length })
        for (const block of cut(items, places)) parts.analyser.accept(block)
        whole.end()
        parts.end()
        expect(told(parts.rows)).toEqual(told(whole.rows))
        expect(told(parts.alerts)).toEqual(told(whole.alerts))
      }),
      { numRuns: 300 },
    )
  })

  it('goes on from its state after any block as if it had seen all before', () => {
    fc.assert(
      fc.property(stream, cuts, interval, fc.nat(12), (items, places, length, stop) => {
        const blocks = cut(items, places)
        const first = new Bench({ interval: length })
        for (const block of blocks.slice(0, stop)) first.analyser.accept(block)
        const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
        const second = new Bench({ interval: length }, state)
        for (const block of blocks.slice(0, stop))
          if (isNeeded(block, second.analyser.needed)) second.analyser.accept(again(block))
        expect(second.rows).toEqual([])
        expect(second.analyser.state()).toEqual(first.analyser.state())
        const rows = first.rows.length
        const alerts = first.alerts.length
        for (const block of blocks.slice(stop)) {
          first.analyser.accept(block)
          second.analyser.accept(block)
        }
        first.end()
        second.end()
        expect(second.rows).toEqual(first.rows.slice(rows))
        expect(second.alerts).toEqual(first.alerts.slice(alerts))
      }),
      { numRuns: 300 },
    )
  })

  it('counts every event and reject once in the totals, and once for each of its keys', () => {
    fc.assert(
      fc.property(stream, (items) => {
        const bench = new Bench()
        for (const block of cut(items, [])) bench.analyser.accept(block)
        bench.end()
        const events = items.filter((item) => item.kind === 'event')
        const counted = (rows: readonly Message[]): number =>
          sum(rows, 'events') + sum(rows, 'late')
        expect(counted(bench.totals)).toBe(events.length)
        for (const key of ['exec', 'net', 'a b', '']) {
          const own = events.filter(({ keys = [] }) =>
            key === '' ? keys.length === 0 : keys.includes(key),
          )
          expect(counted(bench.rows.filter((row) => row['key'] === key))).toBe(own.length)
        }
        if (events.length > 0)
          expect(sum(bench.totals, 'rejected')).toBe(
            items.filter((item) => item.kind === 'reject').length,
          )
      }),
      { numRuns: 200 },
    )
  })
})
