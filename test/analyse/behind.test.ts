import { describe, expect, it } from 'vitest'
import { arrive, queueOf, WALL } from './arrived.ts'
import { type Load, pass, type Way } from './way.ts'

const LIMIT = 1024
/** From the second second on more comes than any of these drains. */
const loads: readonly Load[] = [{ rate: (now) => (now < 1000 ? 100 : 3000), entries: 3 }]

/** Whether a plugin holds the stream up, told when the kernel refuses events, and whether it lags then. */
function told(way: Omit<Way, 'ms' | 'loads' | 'limit'>): { isBehind: boolean; lacks: boolean } {
  const passed = pass({ ms: 8000, loads, limit: LIMIT, ...way })
  expect(passed.lost).toBeGreaterThan(100)
  const { behind } = arrive(queueOf(LIMIT), passed)
  return {
    isBehind: behind.isBehind(WALL + (passed.lostAt ?? 0), LIMIT),
    lacks: behind.lacks(WALL + 8000, WALL + 8000),
  }
}

describe('what waits behind the kernel', () => {
  it.each([400, 2000])('is seen behind a slow plugin, with a queue of %i', (queue) => {
    const found = told({ auditd: () => 60_000, shim: () => 1000, queue })
    expect(found).toEqual({ isBehind: true, lacks: true })
  })

  it('is nothing any more when nothing has come for five seconds', () => {
    const passed = pass({
      ms: 8000,
      loads,
      limit: LIMIT,
      auditd: () => 60_000,
      shim: () => 1000,
      queue: 400,
    })
    const { behind } = arrive(queueOf(LIMIT), passed)
    expect(behind.lacks(WALL + 8000, WALL + 12_500)).toBe(true)
    expect(behind.lacks(WALL + 8000, WALL + 13_500)).toBe(false)
  })

  it('is not seen behind an auditd that is as slow itself', () => {
    expect(told({ auditd: () => 800 })).toEqual({ isBehind: false, lacks: true })
  })

  it('is not seen where no entry takes a second', () => {
    expect(told({ auditd: () => 6000 })).toEqual({ isBehind: false, lacks: false })
  })
})
