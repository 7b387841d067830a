import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { Stage, syscall } from './stage.ts'

/** Events that came whole, and that the kernel refused all but the first record of. */
const WHOLE = 50
const TORN = 20
const LOSSES = 100

/** A stream that goes on for ten seconds, and a burst in the eleventh of which the kernel refuses some. */
function burst(): Stage {
  const stage = new Stage()
  let serial = 0
  const go = (from: number, to: number): void => {
    for (let second = from; second < to; second += 0.1) stage.come(second, ...syscall(++serial))
  }
  stage.status(0)
  go(0, 10)
  for (let i = 0; i < WHOLE + TORN; i++) {
    const [head, ...rest] = syscall(++serial)
    stage.come(10 + i / 1000, head, ...(i % 7 < 2 ? [] : rest))
  }
  go(10.1, 10.5)
  stage.status(10.5, { lost: LOSSES })
  go(10.6, 11.6)
  return stage
}

describe('a burst that leaves events without an end', () => {
  const [alert] = burst().of('events.lost')

  it('is told while those are still open, since they are not missing', () => {
    expect(alert['evidence']).toMatchObject({ cause: 'burst', gaps: 0, settled: true })
  })

  it('is told without what of them the kernel refused', () => {
    // Each lacks PROCTITLE and EOE, both of which it counted.
    const { losses, events_missing: missing } = alert['evidence'] as Message
    expect([losses, missing]).toEqual([LOSSES, LOSSES - 2 * TORN])
  })
})
