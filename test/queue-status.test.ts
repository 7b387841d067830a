import { describe, expect, it } from 'vitest'
import type { QueueFigures } from '../src/analyse/queue/queue.ts'
import { queueStatus } from '../src/service/queue-status.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const FIGURES: QueueFigures = {
  drain: 6000,
  backlog: { low: 1, likely: 2, high: 3, at: NOON - 1000, seenAt: NOON },
  limit: 8192,
  limitRead: true,
  seconds: null,
}

describe("the kernel's queue in the status file", () => {
  it('is as it was last seen while something waits to be read, however long ago that was', () => {
    expect(queueStatus(FIGURES, false, NOON + 60_000)).toMatchObject({ entries: 2 })
  })

  it('is not known any more once all was read and nothing comes', () => {
    expect(queueStatus(FIGURES, true, NOON + 1000)).toMatchObject({ entries: 2 })
    expect(queueStatus(FIGURES, true, NOON + 6000)).toMatchObject({
      entries: null,
      drain_per_s: 6000,
    })
  })
})
