import { mkdir, readdir } from 'node:fs/promises'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/server.ts'
import type { Message, Sink } from '../model/delivery.ts'
import { reasonOf } from '../model/failure.ts'
import { isLoopback } from '../model/listen.ts'
import { Checkpoint } from '../spool/checkpoint.ts'
import { spoolFailure } from '../spool/directory.ts'
import { AlertBoard } from './alert-board.ts'
import { AlertProgram } from './alert-program.ts'
import { tellAlert } from './alerts.ts'
import { startFeed } from './feed.ts'
import type { Means } from './parts.ts'
import { Service } from './service.ts'
import { onSignals } from './signals.ts'

/** Learns what a sink alerts to by itself, besides sending it. */
export type OnAlert = (alert: Message) => void

/** How a service changes while it runs. */
export interface Renewal {
  /** The settings from now on; null where they stay as they are. Never throws. */
  settings(): Settings | null
  /** Opens the sink of new settings, once the one before is closed. */
  open(settings: Settings, onAlert: OnAlert): Promise<Means>
}

/**
 * Drains the spool (or what it reads or receives, through a spool of its own) into the sink that
 * `openSink` gives, until TERM, INT or the end of standard input. At HUP another service goes on where
 * this one stops, with what `renewal` gives. Rejects with a `Failure` when the spool or the sink cannot
 * be used, or another service has taken over.
 */
export async function runService(
  settings: Settings,
  openSink: (onAlert: OnAlert) => Promise<Sink> | Sink,
  log: Log,
  renewal: Renewal | null = null,
): Promise<void> {
  const asked: { stop: boolean; next: Settings | null } = { stop: false, next: null }
  let service: Service | null = null
  const program = new AlertProgram(log)
  const off = onSignals({
    stop: () => {
      asked.stop = true
      service?.stop()
    },
    reload: () => {
      asked.next = renewal?.settings() ?? asked.next
      if (asked.next !== null) service?.leave()
    },
    report: () => service?.tell(),
    resume: () => service?.resume(),
  })
  try {
    await findSpool(settings)
    // A service that has been replaced may still write. The checkpoint is taken over first, so that what
    // opening the sink cuts off is not counted as delivered.
    let checkpoint = await Checkpoint.open(settings.spool.state)
    const board = new AlertBoard((alert) => program.take(alert))
    board.restore(checkpoint.last?.alerts ?? [])
    const onAlert: OnAlert = (alert) => board.take(alert)
    program.use(settings.alertsExec)
    let gone = withdrawSink(board)
    let means: Means = { settings, sink: await openSink(onAlert), log }
    for (const alert of gone) tellAlert(alert, means, board)
    const shim = await startFeed(settings, log)
    for (;;) {
      service = new Service({ ...means, board, checkpoint, shim })
      if (asked.next !== null) service.leave()
      if (asked.stop) service.stop()
      const metrics = await openMetrics(means, service)
      await service.run().finally(() => metrics?.close())
      const { next } = asked
      if (next === null || asked.stop || renewal === null) return
      asked.next = null
      checkpoint = await Checkpoint.open(settings.spool.state)
      gone = withdrawSink(board)
      means = await renewal.open(next, onAlert)
      program.use(means.settings.alertsExec)
      for (const alert of gone) tellAlert(alert, means, board)
    }
  } finally {
    off()
    program.close()
  }
}

/** Withdraws what a sink of before told of itself: the next one finds out what is wrong with it. */
function withdrawSink(board: AlertBoard): readonly Message[] {
  const isSink = (type: string): boolean => type.startsWith('kafka.')
  return board.withdraw(isSink, 'the output was opened anew', Date.now())
}

/**
 * Answers with the metrics of a service where the settings say so. That it cannot is no reason to leave
 * the stream alone: it is said in the log.
 */
async function openMetrics({ settings, log }: Means, service: Service): Promise<Metrics | null> {
  const at = settings.metricsListen
  if (at === null) return null
  // Loaded only where it is used: nothing else needs its package.
  const { Metrics } = await import('../metrics/server.ts')
  const metrics = new Metrics(() => service.status())
  try {
    await metrics.listen(at)
    if (!isLoopback(at)) log.warn({ ...at }, 'other hosts can read the metrics')
    return metrics
  } catch (error) {
    log.error({ ...at, reason: reasonOf(error) }, 'there are no metrics')
    return null
  }
}

/** Makes the spool of what this process writes, or sees that there is one; a `Failure` where there is none. */
async function findSpool({ input, spool }: Settings): Promise<void> {
  const { directory } = spool
  await (input === 'spool'
    ? readdir(directory)
    : mkdir(directory, { recursive: true, mode: 0o750 })
  ).catch((error: unknown) => {
    throw spoolFailure(`cannot use the spool ${directory}`, error)
  })
}
