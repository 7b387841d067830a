import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { Bench, cut, type Item } from './blocks.ts'

const SECONDS = 45
const items = Array.from(
  { length: SECONDS },
  (_, n): Item => ({ kind: 'event', at: 1_700_000_000 + n, keys: ['exec'], serial: n + 1 }),
)
const blocks = cut(
  items,
  items.map((_, n) => n),
)

const sections = ({ heartbeats }: Bench): Message[] =>
  heartbeats.map(({ stream }) => stream as Message)

describe('a digest that is let go', () => {
  const whole = new Bench()
  for (const block of blocks) whole.analyser.accept(block)
  whole.end()

  it('is missing in its section alone, needs nothing again, and changes no count over a restart', () => {
    const at = fc.integer({ min: 1, max: SECONDS - 1 })
    fc.assert(
      fc.property(at, at, (one, other) => {
        const [given, stopped] = [Math.min(one, other), Math.max(one, other)]
        const first = new Bench()
        for (const [n, block] of blocks.slice(0, stopped).entries()) {
          first.analyser.accept(block)
          if (n !== given - 1) continue
          first.analyser.letGo()
          expect(first.analyser.needed).toBeNull()
        }
        const { needed } = first.analyser
        const from = needed === null ? stopped : blocks.findIndex(isAt(needed.place))
        const second = new Bench({}, first.analyser.state())
        for (const block of blocks.slice(from)) second.analyser.accept(block)
        second.end()
        const told = [...sections(first), ...sections(second)]
        const bare = (all: readonly Message[]): Message[] =>
          all.map((section) => ({ ...section, sha256: null }))
        expect(bare(told)).toEqual(bare(sections(whole)))
        const differ = told.filter(({ sha256 }, n) => sha256 !== sections(whole)[n]['sha256'])
        expect(differ.map(({ sha256 }) => sha256)).toEqual([null])
      }),
    )
  })
})

/** Whether a block begins at a place. */
function isAt(place: number): (block: (typeof blocks)[number]) => boolean {
  return ({ batch }) => batch.marks[2] === place
}
