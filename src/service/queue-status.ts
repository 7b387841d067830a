import type { QueueFigures } from '../analyse/queue/queue.ts'
import { timeText } from '../model/alert.ts'
import type { Status } from '../model/status.ts'

/** Milliseconds after which what came through last says nothing of now, where nothing waits to be read. */
const FRESH_MS = 5000

/**
 * The kernel's queue as the status file has it, at a time `now` in ms since the epoch. Where all was read
 * (`isRead`) and nothing comes, the stream's own clock stands still: what it said last is old then.
 */
export function queueStatus(figures: QueueFigures, isRead: boolean, now: number): Status['queue'] {
  const { drain, limit, limitRead, seconds } = figures
  const seenAt = figures.backlog?.seenAt ?? Number.NEGATIVE_INFINITY
  const backlog = isRead && now - seenAt > FRESH_MS ? null : figures.backlog
  return {
    drain_per_s: drain === null ? null : Math.round(drain),
    entries: backlog?.likely ?? null,
    entries_low: backlog?.low ?? null,
    entries_high: backlog?.high ?? null,
    at: backlog === null ? null : timeText(backlog.at),
    limit,
    limit_read: limitRead,
    overflow_s: tenth(seconds?.likely),
    overflow_low_s: tenth(seconds?.low),
    overflow_high_s: tenth(seconds?.high),
  }
}

function tenth(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : Math.round(seconds * 10) / 10
}
