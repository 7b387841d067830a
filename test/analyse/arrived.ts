import { Queue } from '../../src/analyse/queue.ts'
import { Close, createResult } from '../../src/model/result.ts'
import type { Arrival, Passed } from './way.ts'

/** What added to a clock of a simulated host gives ms since the epoch. */
export const WALL = 1_700_000_000_000

/** Has a queue take what arrived; `look` is called before each arrival, and each tenth of a second. */
export function arrive(
  queue: Queue,
  { arrivals, backlog }: Passed,
  look: (queue: Queue, now: number) => void = () => {},
): Queue {
  const { events } = createResult({ lines: 1, events: 1, rejects: 0, origins: 0, out: 0 })
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
