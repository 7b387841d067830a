import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NamedSerials, type SerialSpan } from '../../src/reconcile/named-serials.ts'

const WRAP = 2 ** 32
const HOUR_MS = 3_600_000

/** Spans that overlap, lie in several boots and wrap. */
const span = fc
  .record({
    first: fc.integer({ min: -30, max: 60 }),
    count: fc.integer({ min: 1, max: 20 }),
    boot: fc.nat(2),
  })
  .map(({ first, count, boot }): SerialSpan => {
    const [from, to] = [first, first + count - 1].map((serial) => (serial + WRAP) % WRAP)
    return { from, to, before: boot * HOUR_MS, after: boot * HOUR_MS + 1000 }
  })

it('a serial is named when it is in one of the spans of its node and boot, and only then', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 30 }), (spans) => {
      const named = new NamedSerials()
      for (const one of spans) named.add('web-01', one)
      for (let at = -40; at < 90; at++)
        for (const boot of [0, 1, 2]) {
          const serial = (at + WRAP) % WRAP
          const isIn = spans.some(
            ({ from, to, before }) =>
              before === boot * HOUR_MS &&
              (serial - from + WRAP) % WRAP <= (to - from + WRAP) % WRAP,
          )
          expect(named.has('web-01', serial, boot * HOUR_MS)).toBe(isIn)
          expect(named.has('db-01', serial, boot * HOUR_MS)).toBe(false)
        }
    }),
  )
})

it('a span may be added after the first question', () => {
  const named = new NamedSerials()
  named.add('web-01', { from: 5, to: 6, before: 0, after: 0 })
  expect(named.has('web-01', 3, 0)).toBe(false)
  named.add('web-01', { from: 3, to: 3, before: 0, after: 0 })
  expect([3, 4, 5, 6].map((serial) => named.has('web-01', serial, 0))).toEqual([
    true,
    false,
    true,
    true,
  ])
})
