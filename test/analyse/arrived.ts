import { Queue, type QueueState } from '../../src/analyse/queue/queue.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Close, createResult } from '../../src/model/result.ts'
import type { Arrival, Passed } from './way.ts'

/** What added to a clock of a simulated host gives ms since the epoch. */
export const WALL = 1_700_000_000_000

/** A queue whose limit is the usual one, read or not, and what it tells. */
export function queueOf(
  limit: number | null = 8192,
  state?: QueueState,
): Queue & { alerts: Message[] } {
  const alerts: Message[] = []
  const queue = new Queue(
    {
      host: 'web-01',
      limit: () => limit,
      shares: () => [{ key: 'exec', share: 1, error: 0 }],
      emitAlert: (alert) => alerts.push(alert),
    },
    state,
  )
  return Object.assign(queue, { alerts })
}

/** Has a queue take what arrived; `look` is called before each arrival, and each tenth of a second. */
export function arrive<Q extends Queue>(
  queue: Q,
  { arrivals, backlog }: Passed,
  look: (queue: Q, now: number) => void = () => {},
): Q {
  const { events } = createResult({ lines: 1, events: 1, rejects: 0, texts: 0, out: 0 })
  queue.setWall(WALL)
  let now = 0
  const passTo = (clock: number): void => {
    for (; now <= clock; now += 100) {
      queue.reach(now)
      look(queue, now)
    }
  }
  for (const arrival of arrivals) {
    passTo(arrival.at)
    set(events, arrival)
    queue.take(arrival.at, events, 0)
  }
  passTo(backlog.length - 1)
  return queue
}

function set(events: Parameters<Queue['take']>[1], { stamp, entries }: Arrival): void {
  events.sec[0] = Math.floor((WALL + stamp) / 1000)
  events.ms[0] = (WALL + stamp) % 1000
  events.records[0] = entries - 1
  events.eoe[0] = 1
  events.close[0] = Close.Eoe
}

/** Tells a queue each second what a watcher reads: auditd's socket, and its queue for plugins. */
export function gauged(queue: Queue, { backlog, plugins }: Passed, now: number): void {
  if (now % 1000 !== 0) return
  const time = new Date(WALL + now).toISOString()
  const taken = { v: 1, time, boot: 'b1', monotonic_us: now * 1000 } as const
  const before = Math.max(0, now - 1)
  const rmem = backlog[before] > 0 ? 212_000 : 0
  queue.read({ ...taken, kind: 'netlink', pid: 1, rmem, drops: 0 })
  queue.read({
    ...taken,
    kind: 'state',
    written: time,
    queue_depth: plugins[before],
    queue_peak: null,
    queue_size: null,
    queue_overflow: null,
    queue_suspended: null,
    plugins: 1,
    writes_logs: null,
    logging_suspended: null,
    disk_error: null,
  })
}
