import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gap } from '../../src/reconcile/boot-gaps.ts'
import { SerialGaps } from '../../src/reconcile/serials.ts'

const spansOf = (gaps: SerialGaps): string[] =>
  gaps.all.map(({ first, last }: Gap) => (first === last ? `${first}` : `${first}-${last}`))

describe('the serials that a log skips', () => {
  it('are those that never came and were not delivered, in whatever order the others did', () => {
    const serials = fc.uniqueArray(fc.nat(400), { minLength: 2 })
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), serials, fc.array(fc.nat(400)), (start, came, filled) => {
        const gaps = new SerialGaps()
        const at = (serial: number): number => (start + serial) >>> 0
        const first = Math.min(...came)
        for (const serial of [first, ...came]) gaps.take(at(serial), 1000, 0)
        for (const serial of filled) gaps.fill(at(serial), 1000)
        const there = new Set([...came, ...filled])
        const missing = Array.from({ length: Math.max(...came) - first }, (_, i) => first + i)
          .filter((serial) => !there.has(serial))
          .map(at)
        const told = gaps.all.flatMap((gap) =>
          Array.from({ length: ((gap.last - gap.first) | 0) + 1 }, (_, i) => (gap.first + i) >>> 0),
        )
        expect(told).toEqual(missing)
        expect(gaps.missing).toBe(missing.length)
      }),
    )
  })

  it('are filled by an event of the same boot alone', () => {
    const gaps = new SerialGaps()
    const hour = 3_600_000
    for (let n = 0; n < 20; n++) gaps.take(n === 19 ? 30 : n, n, n)
    for (let n = 0; n < 20; n++) gaps.take(n === 19 ? 30 : n, hour + n, n)
    expect(spansOf(gaps)).toEqual(['19-29', '19-29'])
    gaps.fill(20, 5)
    gaps.fill(29, hour)
    gaps.fill(25, 2 * hour)
    expect(spansOf(gaps)).toEqual(['19', '21-29', '19-28'])
  })

  it('are counted where there are too many to name, the oldest of them', () => {
    const gaps = new SerialGaps()
    for (let n = 0; n <= 100_000; n++) gaps.take(n * 3, 1, n)
    expect(gaps.missing).toBe(200_000)
    expect(gaps.all.length).toBeLessThan(70_000)
    expect(gaps.all.at(-1)).toMatchObject({ first: 299_998, last: 299_999 })
    for (let n = 0; n < 60_000; n++) gaps.fill(299_998 - n * 3, 1)
    expect(gaps.missing).toBe(140_000)
  })
})
