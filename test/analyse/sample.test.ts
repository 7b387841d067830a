import { describe, expect, it } from 'vitest'
import type { Culprits } from '../../src/analyse/origins/culprits.ts'
import { ALL_EVENTS, Sample } from '../../src/analyse/origins/sample.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Bench, type Item, toldInParts } from './blocks.ts'

const T = 1_700_000_000

/** What each of `n` events of one key in a second stands for, in entries. */
function taken(n: number, entries: number): number[] {
  const sample = new Sample()
  return Array.from({ length: n }, (_, i) => sample.take(T, 1, i + 1, i + 1, entries))
}

/** A flood of `n` events a second, each made by whoever `of` gives. */
function floodOf(n: number, of: (i: number) => number): Item[] {
  const second = (at: number, count: number): Item[] =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'event',
      at: T + at + Math.floor((i / count) * 900) / 1000,
      keys: ['k'],
      records: 4,
      eoe: 1,
      program: `/usr/bin/p${of(i)}`,
      path: '/srv',
      parent: 1,
    }))
  const calm = [1, 2, 3, 4].flatMap((at) => second(at, 2))
  const after: Item = { kind: 'event', at: T + 7.3, keys: ['k'] }
  return [...calm, ...second(5, n), ...second(6, n), after]
}

/** Who made such a flood, by program. */
function programsOf(n: number, of: (i: number) => number): Culprits['program'] {
  const [alert] = new Bench().take(...floodOf(n, of)).alerts
  const { origins } = alert['evidence'] as Message
  return (origins as Culprits).program
}

describe('a sample of a second', () => {
  it('is every event as long as these are few', () => {
    expect(taken(ALL_EVENTS, 5)).toEqual(Array(ALL_EVENTS).fill(5))
  })

  it('is a small part of many, which stands for all but the last', () => {
    for (const n of [5000, 20_000, 100_000]) {
      const stands = taken(n, 3)
      const drawn = stands.filter((entries) => entries > 0)
      expect(drawn.length).toBeLessThan(ALL_EVENTS + 1000 + n / 24)
      const left = 3 * n - stands.reduce((sum, entries) => sum + entries, 0)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(left).toBeLessThan(3 * 64)
    }
  })

  it('takes all of a key that is rare among others', () => {
    const sample = new Sample()
    const rare: number[] = []
    for (let i = 1; i <= 50_000; i++)
      if (i % 500 === 0) rare.push(sample.take(T, 2, i / 500, i, 4))
      else sample.take(T, 1, i - Math.floor(i / 500), i, 4)
    expect(rare).toEqual(Array(100).fill(4))
  })

  it('goes on after a restart as if there had been none', () => {
    const whole = taken(20_000, 2)
    let sample = new Sample()
    const parts = whole.map((_, i) => {
      if (i % 777 === 0) sample = new Sample(JSON.parse(JSON.stringify(sample.state())) as number[])
      return sample.take(T, 1, i + 1, i + 1, 2)
    })
    expect(parts).toEqual(whole)
  })
})

describe('shares of a flood of which not every event was looked at', () => {
  // In turn, in turn at lengths that powers of two divide, in long rows, and in no order.
  const orders: readonly (readonly [string, (i: number, n: number) => number])[] = [
    ['in turn', (i) => i % 4],
    ['in rows of 16', (i) => (i >> 4) % 4],
    ['in rows of 31', (i) => Math.floor(i / 31) % 4],
    ['in rows of 1000', (i) => Math.floor(i / 1000) % 4],
    ['in no order', (i) => (Math.imul(i, 0x45d9f3b) >>> 20) % 4],
  ]
  it.each(orders)('lie within their error, %s', (_, of) => {
    for (const n of [4000, 16_000, 60_000]) {
      const shares = programsOf(n, (i) => of(i, n))
      expect(shares).toHaveLength(3)
      for (const { name, share, error } of shares) {
        const id = Number(name.slice('/usr/bin/p'.length))
        const exact = Array.from({ length: n }, (__, i) => of(i, n)).filter((by) => by === id)
        expect(Math.abs(share - exact.length / n)).toBeLessThanOrEqual(error)
        expect(error).toBeLessThan(0.06)
      }
    }
  })

  it('are all of it where one program makes it', () => {
    const [{ share, error }] = programsOf(50_000, () => 0)
    expect(share).toBeGreaterThan(0.99)
    expect(share + error).toBeGreaterThanOrEqual(1)
  })

  it('are the same however the stream is cut, and after a restart', () => {
    const items = floodOf(6000, (i) => (i >> 3) % 5)
    const whole = new Bench().take(...items)
    for (const cuts of [[2009], [2008, 2010, 5000, 9001], [8500, 12_007]])
      expect(toldInParts(items, cuts).alerts).toEqual(whole.alerts)
  })
})
