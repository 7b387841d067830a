import type { Block, Message, Sink } from '../model/delivery.ts'
import { ExitCode } from '../model/failure.ts'
import { Lane } from './lane.ts'
import type { Outlet } from './outlet.ts'
import { encodeRejects } from './reject.ts'
import { eventBytes } from './run.ts'

/** Where a stream sink puts what is no event. */
export interface Aside {
  /** Takes rejects as NDJSON, or null where nobody wants them. */
  readonly rejects: Outlet | null
  /** Takes one heartbeat. */
  readonly rate: (heartbeat: Message) => void
  /** Takes one alert. */
  readonly alert: (alert: Message) => void
}

/**
 * The sink `stdout`: events as NDJSON to one outlet, `accept` settling when they are written. A pipe
 * has nothing to sync: what is written is with its reader. Its owner closes the outlets.
 */
export function createStreamSink(events: Outlet, aside: Aside): Sink {
  const lane = new Lane(ExitCode.Sink)
  const sync = (): Promise<void> =>
    lane.run(async () => {
      await events.sync()
      await aside.rejects?.sync()
    })
  return {
    accept: (block: Block) =>
      lane.run(async () => {
        if (block.runs.length > 0) await events.write(eventBytes(block))
        const lines = aside.rejects === null ? null : encodeRejects(block)
        if (lines !== null) await aside.rejects?.write([lines])
      }),
    rate: aside.rate,
    alert: aside.alert,
    sync,
    close: sync,
  }
}
