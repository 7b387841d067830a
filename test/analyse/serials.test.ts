import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Gap, Serials, sizeOf } from '../../src/analyse/stream/serials.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Bench, type Item } from './blocks.ts'

const T = 1_700_000_000

/** Follows serials, of which each has the second in which it came. */
class Follower {
  readonly gaps: Gap[] = []
  readonly serials = new Serials((gap) => this.gaps.push(gap))

  take(serial: number, second: number): void {
    this.serials.take(serial >>> 0, second * 1000, second, second * 1000, null)
  }

  /** How many were found missing since this was asked last. */
  settle(second: number): number {
    this.serials.settle(second, (second + 2) * 1000)
    return this.gaps.splice(0).reduce((sum, gap) => sum + sizeOf(gap), 0)
  }
}

function missing(serials: readonly number[], after = 1): number {
  const follower = new Follower()
  for (const serial of serials) follower.take(serial, 0)
  return follower.settle(after)
}

describe('serials that are missing', () => {
  it('are those that were skipped', () => expect(missing([7, 8, 11, 12, 15])).toBe(4))
  it('are none that came out of order', () => expect(missing([1, 4, 3, 2, 6, 5])).toBe(0))
  it('are not those before the first', () => expect(missing([100, 99, 101])).toBe(0))
  it('are counted over the end of 32 bits', () => expect(missing([-3, -2, 1, 2, 4, 0])).toBe(2))
  it('are not told twice, nor before their time', () => {
    const serials = new Follower()
    for (const [serial, second] of [
      [1, 0],
      [3, 5],
      [6, 9],
    ])
      serials.take(serial, second)
    expect([serials.settle(5), serials.settle(6), serials.settle(6), serials.settle(10)]).toEqual([
      0, 1, 0, 2,
    ])
  })

  it('are none of events that have begun, whose end is still to come', () => {
    const { serials } = new Follower()
    for (const serial of [1, 5, 9]) serials.take(serial, serial * 1000, serial, serial * 1000, null)
    expect(serials.openSince(0, 0, Infinity)).toBe(6)
    // 5 is there, 10 is ahead of all that is known, 2 lies in a gap that showed before the clock.
    expect(serials.openSince(0, 5000, Infinity, [2, 5, 7, 8, 10])).toBe(1)
  })

  it('are those of a set, in whatever order the others come', () => {
    const some = fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(some, (serials) => {
        const [first] = serials
        const after = serials.filter((serial) => serial >= first)
        const span = Math.max(...after) - first + 1
        expect(missing(serials)).toBe(span - after.length)
      }),
    )
  })

  it('make exactly the ranges between those that came', () => {
    const some = fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(some, fc.constantFrom(0, -150), (serials, base) => {
        const follower = new Follower()
        for (const serial of serials) follower.take(base + serial, 0)
        follower.serials.settle(1, 2000)
        const ranges = follower.gaps.map(({ first, last }) => [first | 0, last | 0])
        const came = serials.filter((serial) => serial >= serials[0]).toSorted((a, b) => a - b)
        const between = came
          .slice(1)
          .map((serial, i) => [base + came[i] + 1, base + serial - 1])
          .filter(([first, last]) => first <= last)
        expect(ranges).toEqual(between)
      }),
    )
  })

  it('are counted with bounded memory where gaps are without number', () => {
    const serials = new Follower()
    for (let n = 0; n < 100_000; n++) serials.take(n * 2, 0)
    expect(serials.serials.state().gaps.length).toBeLessThan(20_000)
    expect(serials.settle(1)).toBe(99_999)
  })
})

describe('a node that boots', () => {
  const after = (second: number, from: number, count: number): number => {
    const serials = new Follower()
    for (let n = 5000; n < 5010; n++) serials.take(n, 0)
    for (let n = 0; n < count; n++) serials.take(from + n, second)
    serials.take(from + count + 3, second)
    return serials.settle(second + 1)
  }
  it('counts from the beginning, and nothing is missing for that', () => {
    expect(after(60, 1, 40)).toBe(3)
  })
  it('is not one of which old events come again', () => {
    expect(after(0, 1, 40)).toBe(0)
  })
})

describe('a heartbeat', () => {
  const event = (at: number, serial: number, more: object = {}): Item => ({
    kind: 'event',
    at: T + at,
    serial,
    ...more,
  })
  const serialsOf = (items: readonly Item[]): unknown[] =>
    new Bench()
      .take(...items)
      .end()
      .heartbeats.map(({ serials }) => {
        const { ranges, more, ...figures } = serials as Message
        const counts = (ranges as { count: number }[]).map(({ count }) => count)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(figures['missing'])
        expect(more).toBe(0)
        return figures
      })

  it('has the serials of its interval, and those that are missing where that showed', () => {
    const items = [event(1, 10), event(2, 13), event(3, 12), event(15, 14), event(16, 20)]
    expect(serialsOf(items)).toEqual([
      { first: 10, last: 13, missing: 1 },
      { first: 14, last: 20, missing: 5 },
    ])
  })

  it('leaves DAEMON records out, which have serials of their own', () => {
    const items = [event(1, 10), event(2, 7000, { daemon: true }), event(3, 11)]
    expect(serialsOf(items)).toEqual([{ first: 10, last: 11, missing: 0 }])
  })

  it('follows each node by itself', () => {
    const items = [1, 2, 3].flatMap((at) => [
      event(at, 10 + at, { node: 'a' }),
      event(at, 900 + 2 * at, { node: 'b' }),
    ])
    expect(serialsOf(items)).toEqual([
      { first: 11, last: 13, missing: 0 },
      { first: 902, last: 906, missing: 2 },
    ])
  })
})
