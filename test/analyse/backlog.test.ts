import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backlog } from '../../src/analyse/queue/backlog.ts'
import { arrive, gauged, queueOf, WALL } from './arrived.ts'
import { type Load, type Passed, pass, type Way } from './way.ts'

/** A tenth of the usual limit: below it a backlog is no trouble, and little of it the kernel's. */
const TENTH = 819

const steady = (entries: number, takes = 0): Load => ({
  rate: () => entries / 3,
  entries: 3,
  takes,
})
/** More comes than is drained: about 560 entries a second queue. */
const GROWS: Way = { ms: 16_000, loads: [steady(6560)], auditd: () => 6000 }

/** What was told of the backlog, each with what it truly was; `readings` from a watcher beside it. */
function told(way: Way, readings = false): { backlog: Backlog; truth: number }[] {
  const passed = pass(way)
  const all: { backlog: Backlog; truth: number }[] = []
  arrive(queueOf(), passed, (queue, now) => {
    if (readings) gauged(queue, passed, now)
    const { backlog } = queue.figures
    if (backlog !== null) all.push({ backlog, truth: truthOf(passed, backlog) })
  })
  return all
}

function truthOf({ backlog }: Passed, { at }: Backlog): number {
  return backlog[Math.max(0, Math.round(at - WALL))]
}

/** By which part of the truth, or of a tenth of the limit, the most likely figure is off at most. */
function worst(figures: readonly { backlog: Backlog; truth: number }[]): number {
  const off = figures.map(
    ({ backlog, truth }) => Math.abs(backlog.likely - truth) / Math.max(TENTH, truth),
  )
  return Math.max(0, ...off)
}

describe('the backlog, told from the lag of the stream', () => {
  it('is what the kernel holds, as of the stamp', () => {
    const figures = told(GROWS)
    expect(figures.length).toBeGreaterThan(100)
    expect(Math.max(...figures.map(({ truth }) => truth))).toBeGreaterThan(5000)
    expect(worst(figures)).toBeLessThan(0.1)
  })

  it('is so when CPUs have their events in another order', () => {
    expect(worst(told({ ...GROWS, jitter: 60 }))).toBeLessThan(0.1)
  })

  it('is so with calls among them that take seconds', () => {
    const loads = [steady(6400), steady(100, 3000)]
    expect(worst(told({ ...GROWS, loads }))).toBeLessThan(0.1)
  })

  it('lies between its bounds behind a slow plugin with a queue of any size up to the usual', () => {
    for (const queue of [100, 400, 2000]) {
      const way = { ...GROWS, loads: [steady(1700)], auditd: () => 60_000, shim: () => 1000, queue }
      for (const { backlog, truth } of told(way)) {
        expect(backlog.low).toBeLessThanOrEqual(truth + 20)
        expect(backlog.high).toBeGreaterThanOrEqual(truth - 20)
      }
    }
  })

  it('is what the kernel holds behind a slow plugin too, once auditd says what its queue has', () => {
    const way = {
      ...GROWS,
      loads: [steady(1700)],
      auditd: () => 60_000,
      shim: () => 1000,
      queue: 400,
    }
    expect(worst(told(way, true))).toBeLessThan(0.25)
  })

  it('is none in a full queue for plugins, with a slow shim or after a long call, where the socket has room', () => {
    const slow = { ...GROWS, loads: [steady(1100)], auditd: () => 60_000, shim: () => 1000 }
    const long = { ...GROWS, loads: [steady(5, 3000), steady(4000, 2000)], auditd: () => 80_000 }
    for (const way of [slow, long])
      for (const { backlog } of told(way, true)) expect(backlog.likely).toBe(0)
  })

  it('is not said to be any for certain in a slow shim, whoever looks', () => {
    const slow = { ...GROWS, loads: [steady(1100)], auditd: () => 60_000, shim: () => 1000 }
    for (const { backlog } of told(slow)) expect(backlog.low).toBe(0)
  })

  it('is none after a single accept that took long', () => {
    const accept: Load = { rate: (now) => (now % 5000 === 0 ? 1000 : 0), entries: 5, takes: 3000 }
    for (const { backlog } of told({ ...GROWS, loads: [accept, steady(2000)] }))
      expect(backlog.likely).toBe(0)
  })

  it('lies between its bounds whatever comes and is drained', () => {
    const step = fc.record({ comes: fc.integer({ min: 0, max: 12_000 }), slow: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 8, maxLength: 8 }), fc.integer(), (steps, seed) => {
        const at = (now: number): (typeof steps)[number] => steps[Math.floor(now / 1000)]
        const way: Way = {
          ms: 8000,
          loads: [{ rate: (now) => at(now).comes / 3, entries: 3 }],
          auditd: (now) => (at(now).slow ? 3000 : 9000),
          limit: 100_000,
          jitter: 5,
          seed,
        }
        // Between two windows what arrives counts as evenly spread.
        for (const { backlog, truth } of told(way)) {
          expect(backlog.low).toBeLessThanOrEqual(truth + 1300)
          expect(backlog.high).toBeGreaterThanOrEqual(truth - 1300)
        }
      }),
      { numRuns: 20 },
    )
  })
})
