import { readFileSync } from 'node:fs'
import type { KernelFigures } from '../analyse/losses/kernel.ts'
import type { AnalyserCounts } from '../analyse/options.ts'
import type { QueueFigures } from '../analyse/queue/queue.ts'
import type { Busiest } from '../analyse/rates/busiest.ts'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../log.ts'
import type { Message, Sink } from '../model/delivery.ts'
import { reasonOf } from '../model/failure.ts'
import { formatPosition } from '../model/place.ts'
import type { RatesStatus, Status } from '../model/status.ts'
import type { Progress } from '../pipeline/pipeline.ts'
import { packageVersion } from '../version.ts'
import type { AlertBoard } from './alert-board.ts'
import { tellAlert } from './alerts.ts'
import { queueStatus } from './queue-status.ts'
import { SpoolRoom } from './spool-room.ts'
import { StatusFile } from './status.ts'
import { originsStatus, windowsStatus } from './windows-status.ts'

/** Version of the status file. */
const VERSION = 1

/** Nodes and rows of a node in the status file at most, so that it stays small. */
const MOST_NODES = 20
const MOST_ROWS = 20

/** Milliseconds that a reading of the kernel counts as what it is now: the watcher asks every ten seconds. */
const KNOWN_MS = 30_000
/** Milliseconds after which the same status is written again: its time says that the service lives. */
const AGAIN_MS = 60_000

/** How a service stands, as it is at one moment. */
export interface Standing {
  readonly delivery: Progress
  readonly analysis: Progress
  /** Analysis goes on while delivery waits. */
  readonly parted: boolean
  /** Bytes that analysis and delivery have not read. */
  readonly lag: number
  readonly deliveryLag: number
  /** Clock of the stream in ms, and the boot it counts from, as far as analysed. */
  readonly clock: number
  readonly boot: string | null
  readonly counts: AnalyserCounts
  readonly queue: QueueFigures
}

/** What a report needs. */
export interface ReportOptions {
  readonly settings: Settings
  readonly sink: Sink
  readonly log: Log
  readonly board: AlertBoard
  readonly standing: () => Standing
  /** What is known of the host's kernel from one time to another, ms since the epoch. */
  readonly kernel: (from: number, to: number) => KernelFigures
  /** What the busiest nodes and keys made in their last seconds. */
  readonly busiest: () => Busiest
}

/** The members of a heartbeat that are looked at. */
interface Heartbeat {
  readonly node: string
  readonly from: string
  readonly to: string
  readonly part: number
  readonly total: Message
  readonly keys: readonly { readonly records: number }[]
}

type Fixed = Pick<Status, 'v' | 'version' | 'pid' | 'node' | 'started'>

/**
 * What a service tells about itself: heartbeats and alerts go to the sink and the log, how it stands
 * to the status file. None of it waits for the sink.
 */
export class Report {
  readonly #options: ReportOptions
  readonly #file: StatusFile
  readonly #spool: SpoolRoom
  readonly #fixed: Fixed
  readonly #boot: string = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  /** The last heartbeat of each node, in short; the newest is last. */
  readonly #rates = new Map<string, Message>()
  #moved = true
  /** What the last status was made of, besides. */
  #alerts = 0
  #sinkStatus = ''
  #savedAt = -Infinity

  constructor(options: ReportOptions) {
    const { settings, log } = options
    this.#options = options
    const { directory } = settings.spool
    const tell = (alert: Message): void => this.alert(alert)
    this.#spool = new SpoolRoom(directory, settings.node, tell, options.board.open)
    this.#file = new StatusFile(settings.spool.state, (error) =>
      log.warn({ reason: reasonOf(error) }, 'the status file cannot be written'),
    )
    this.#fixed = {
      v: VERSION,
      version: packageVersion(),
      pid: process.pid,
      node: settings.node,
      started: new Date().toISOString(),
    }
  }

  /** Something has come, or was delivered. */
  move(): void {
    this.#moved = true
  }

  /** Sends a heartbeat, with the gauges of this moment. */
  heartbeat(heartbeat: Message): void {
    const { sink, log, standing } = this.#options
    sink.rate({ ...heartbeat, now: this.#gauges(heartbeat as unknown as Heartbeat) })
    const { node, from, to, part, total, keys } = heartbeat as unknown as Heartbeat
    if (part > 1) return
    this.#moved = true
    const shown = keys.toSorted((a, b) => b.records - a.records).slice(0, MOST_ROWS)
    keep(this.#rates, node, { node, from, to, total, keys: shown }, MOST_NODES)
    if (standing().parted) log.info({ node, from, to, ...total }, 'rates, while delivery waits')
  }

  /** Sends an alert. */
  alert(alert: Message): void {
    tellAlert(alert, this.#options, this.#options.board)
  }

  /** The spool was half full and more when it was last looked at. */
  get isSpoolFilling(): boolean {
    return this.#spool.isFilling
  }

  /**
   * Looks how full the spool is, and writes the status file where something has changed, and each
   * minute. To be called about once a second.
   */
  save(): void {
    this.#spool.look(this.#options.standing().deliveryLag === 0)
    const sinkStatus = JSON.stringify(this.#sinkStatusNow())
    const alerts = this.#options.board.taken
    const changed = this.#moved || alerts !== this.#alerts || sinkStatus !== this.#sinkStatus
    const now = performance.now()
    if (!changed && now - this.#savedAt < AGAIN_MS) return
    this.#savedAt = now
    this.#moved = false
    this.#alerts = alerts
    this.#sinkStatus = sinkStatus
    void this.#file.write(this.status(), !changed)
  }

  /** How it stands at this moment. */
  status(): Status {
    return this.#status(null)
  }

  /** How it stands at this moment, which is written as well. */
  now(): Status {
    this.#moved = true
    this.save()
    return this.status()
  }

  /** Writes that the service has stopped. */
  async close(): Promise<void> {
    await this.#file.settle()
    await this.#file.write(this.#status(new Date().toISOString()))
  }

  /** What changes by the moment, and is not the same again when a heartbeat is. */
  #gauges({ node, from, to }: Heartbeat): Message {
    const standing = this.#options.standing()
    const isHost = node === this.#options.settings.node
    const spool = this.#spool.look(standing.deliveryLag === 0)
    const kernel = isHost ? this.#options.kernel(Date.parse(from), Date.parse(to)) : null
    return {
      time: new Date().toISOString(),
      spool_bytes: spool.used,
      spool_limit: spool.limit,
      lag_bytes: standing.lag,
      lag_s: this.#lagSeconds(standing),
      lost: kernel?.lost ?? null,
      lost_delta: kernel?.lostDelta ?? null,
      backlog: kernel?.backlog ?? null,
      backlog_limit: kernel?.backlogLimit ?? null,
    }
  }

  #status(stopped: string | null): Status {
    const standing = this.#options.standing()
    const { delivery, analysis, parted, lag, deliveryLag, counts } = standing
    const { settings, board, kernel, busiest } = this.#options
    const spool = this.#spool.look(deliveryLag === 0)
    const { lost, backlog, backlogLimit } = kernel(Date.now() - KNOWN_MS, Date.now())
    const { rates, origins } = busiest()
    return {
      ...this.#fixed,
      stopped,
      delivery: progressOf(delivery, deliveryLag),
      analysis: { ...progressOf(analysis, lag), lag_s: this.#lagSeconds(standing) },
      parted,
      spool: { directory: settings.spool.directory, bytes: spool.used, limit: spool.limit },
      counts,
      kernel: { lost, backlog, backlog_limit: backlogLimit },
      queue: queueStatus(standing.queue, lag === 0, Date.now()),
      rates: [...this.#rates.values()] as unknown as readonly RatesStatus[],
      windows: windowsStatus(rates),
      origins: originsStatus(origins),
      alerts: board.status(),
      sink: { kind: settings.output.kind, ...this.#sinkStatusNow() },
    }
  }

  #sinkStatusNow(): Omit<Status['sink'], 'kind'> {
    const status = this.#options.sink.status?.()
    if (status === undefined) return {}
    const { connected, waiting, waitingBytes, delivered, stalledMs, error } = status
    return {
      connected,
      waiting,
      waiting_bytes: waitingBytes,
      delivered,
      stalled_s: Math.round(stalledMs / 1000),
      error,
      outbox: status.outbox,
      outbox_dropped: status.outboxDropped,
    }
  }

  /** Seconds that analysis is behind the writer; null where their clocks do not compare. */
  #lagSeconds({ lag, clock, boot }: Standing): number | null {
    if (lag === 0) return 0
    if (clock < 0 || boot !== this.#boot) return null
    // The clock of the frames is the monotonic clock of this boot.
    const now = Number(process.hrtime.bigint() / 1_000_000n)
    return Math.max(0, Math.round(now - clock) / 1000)
  }
}

function progressOf({ resume, done }: Progress, lag: number): Status['delivery'] {
  return {
    done: done === null ? null : formatPosition(done.epoch, done.place),
    resume: formatPosition(resume.epoch, resume.place),
    lag_bytes: lag,
  }
}

/** Puts a value last, and drops the first of more than `most`. */
function keep(map: Map<string, Message>, key: string, value: Message, most: number): void {
  map.delete(key)
  map.set(key, value)
  const first = map.keys().next().value
  if (map.size > most && first !== undefined) map.delete(first)
}
