import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Log } from '../src/log.ts'
import type { Piece } from '../src/model/piece.ts'
import { Breaker } from '../src/service/breaker.ts'

const PIECE: Piece = { kind: 'gap', epoch: 1, place: 0 }
const LOOP = { own: 900, all: 1000, ms: 1000 }

let said: unknown[]
let breaker: Breaker
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  said = []
  const say = (fields: object): number => said.push(fields)
  const log: Log = { debug: say, info: say, warn: say, error: say }
  breaker = new Breaker(log)
})
afterEach(() => {
  vi.useRealTimers()
})

/** A source that has a piece at every other call, held back by the breaker. */
function guarded() {
  let calls = 0
  return breaker.guard({
    next: () => (++calls % 2 === 1 ? PIECE : null),
    wait: async () => {},
    close: () => {},
    lag: 7,
    isCalm: false,
  })
}

/** The pieces that come within so many ms of looking every ten. */
function piecesIn(source: ReturnType<typeof guarded>, ms: number): number {
  let pieces = 0
  for (let at = 0; at < ms; at += 10) {
    if (source.next() !== null) pieces++
    vi.advanceTimersByTime(10)
  }
  return pieces
}

/** Looks at the same figures so many times, a second apart. */
function look(times: number, figures: { own: number; all: number; ms: number }): void {
  for (let n = 0; n < times; n++) {
    breaker.look({ ...figures }, performance.now())
    vi.advanceTimersByTime(1000)
  }
}

describe('a breaker', () => {
  it('holds the source back to one reading a second while a loop is, and says so once', () => {
    const source = guarded()
    expect(piecesIn(source, 1000)).toBe(50)
    look(3, LOOP)
    expect(piecesIn(source, 10_000)).toBeLessThan(12)
    expect(said).toEqual([{ own: 900, all: 1000, seconds: 60 }])
    expect(source.lag).toBe(7)
  })

  it('reads in a second what was there at its beginning, though it never comes to an end', () => {
    const bytes = new Uint8Array(100)
    const piece: Piece = { kind: 'data', bytes, epoch: 1, boot: null, place: 0, clock: null }
    const source = breaker.guard({
      next: () => piece,
      wait: async () => {},
      close: () => {},
      lag: 550,
      isCalm: false,
    })
    look(3, LOOP)
    expect(piecesIn(source, 10_000)).toBe(60)
    vi.advanceTimersByTime(60_000)
    expect(piecesIn(source, 1000)).toBe(100)
  })

  it('lets go after a minute, and holds back twice as long when the loop begins anew', () => {
    const source = guarded()
    look(3, LOOP)
    look(60, { own: 30, all: 60, ms: 1000 })
    expect(piecesIn(source, 1000)).toBe(50)
    look(3, LOOP)
    expect(said.at(-1)).toMatchObject({ seconds: 120 })
  })

  it.each([
    ['less than half', { own: 400, all: 1000, ms: 1000 }],
    ['half of hardly anything', { own: 20, all: 30, ms: 1000 }],
    ['nothing', { own: 0, all: 0, ms: 1000 }],
  ])('lets the source be where our own records are %s', (_what, figures) => {
    look(10, figures)
    expect(piecesIn(guarded(), 1000)).toBe(50)
  })

  it('does not take a second for more than one because nothing came after it', () => {
    const figures = { ...LOOP }
    for (let n = 0; n < 10; n++) breaker.look(figures, performance.now())
    expect(piecesIn(guarded(), 1000)).toBe(50)
  })
})
