import { describe, expect, it } from 'vitest'
import type { QueueState } from '../../src/analyse/queue/queue.ts'
import { arrive, queueOf } from './arrived.ts'
import { type Load, pass, type Way } from './way.ts'

/** A load of so many entries a second. */
const steady = (entries: number): Load => ({ rate: () => entries / 3, entries: 3 })
const drainOf = (way: Omit<Way, 'ms'> & { ms?: number }): number | null =>
  arrive(queueOf(), pass({ ms: 10_000, ...way })).figures.drain

describe('the drain', () => {
  it.each([1000, 6000, 30_000, 80_000])('is measured when %i a second are too few', (rate) => {
    const drain = drainOf({ loads: [steady(rate * 1.5)], auditd: () => rate, limit: 100_000 })
    expect(drain).toBeGreaterThan(rate * 0.95)
    expect(drain).toBeLessThan(rate * 1.05)
  })

  it('is not known while the stream keeps up', () => {
    expect(drainOf({ loads: [steady(50_000)], auditd: () => 80_000 })).toBeNull()
  })

  it('is not that of calls that take long, alone or among others', () => {
    const long: Load = { rate: () => 5, entries: 5, takes: 3000 }
    expect(drainOf({ loads: [long], auditd: () => 80_000 })).toBeNull()
    expect(drainOf({ loads: [long, steady(20_000)], auditd: () => 80_000 })).toBeNull()
  })

  it('is that of a slow plugin where this holds auditd up', () => {
    const drain = drainOf({
      loads: [steady(3000)],
      auditd: () => 80_000,
      shim: () => 1000,
      queue: 400,
    })
    expect(drain).toBeGreaterThan(950)
    expect(drain).toBeLessThan(1050)
  })

  it('follows a change within seconds', () => {
    const drain = drainOf({
      ms: 30_000,
      loads: [steady(9000)],
      auditd: (now) => (now < 15_000 ? 8000 : 4000),
      limit: 1_000_000,
    })
    expect(drain).toBeGreaterThan(3800)
    expect(drain).toBeLessThan(4800)
  })

  it('is the same after a restart at any time', () => {
    const passed = pass({ ms: 6000, loads: [steady(9000)], auditd: () => 6000 })
    const whole = arrive(queueOf(), passed)
    for (const at of [0, 700, 2050, 5999]) {
      const [before, after] = [
        { ...passed, arrivals: passed.arrivals.filter((one) => one.at < at) },
        { ...passed, arrivals: passed.arrivals.filter((one) => one.at >= at) },
      ]
      const first = arrive(queueOf(), { ...before, backlog: passed.backlog.subarray(0, at) })
      const state = JSON.parse(JSON.stringify(first.state())) as QueueState
      expect(arrive(queueOf(8192, state), after).state()).toEqual(whole.state())
    }
  })
})
