import type { QueueFigures } from '../analyse/queue/queue.ts'
import { timeText } from '../model/alert.ts'
import type { Status } from '../model/status.ts'

/** The kernel's queue as the status file has it. */
export function queueStatus(figures: QueueFigures): Status['queue'] {
  const { drain, backlog, limit, limitRead, seconds } = figures
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
