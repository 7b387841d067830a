/** The last hops: whether the service is there, and whether the record came out of it. */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import type { Host } from '../install/host.ts'
import { type Process, processAt, processes } from '../install/processes.ts'
import type { SinkStatus } from '../model/delivery.ts'
import { codeOf } from '../model/failure.ts'
import { compareClosings, formatPosition, type Position } from '../model/place.ts'
import { readCheckpoint } from '../spool/checkpoint.ts'
import { broken } from './hop.ts'

const EVENTS = 'events.ndjson'

/** What `status.json` says, as far as it is looked at. */
interface Status {
  readonly pid?: number
  readonly stopped?: string | null
  readonly sink?: Partial<SinkStatus>
  readonly delivery?: { readonly lag_bytes?: number }
}

/** Watches one service's output from now on. */
export class Delivery {
  readonly #settings: Settings
  readonly #host: Host
  readonly #from: number

  constructor(host: Host, settings: Settings) {
    this.#host = host
    this.#settings = settings
    this.#from = settings.output.kind === 'ndjson' ? sizeOf(this.#events) : 0
  }

  /** How the sink is called. */
  get name(): string {
    const { output } = this.#settings
    if (output.kind === 'ndjson') return this.#events
    if (output.kind === 'stdout') return 'standard output'
    const { brokers, topics } = output.kafka
    return `topic ${topics.events} at ${brokers.join(', ')}`
  }

  /** True once the event with this text has come out, or the checkpoint says that it was acknowledged. */
  isThere(text: string, at: Position): boolean {
    if (this.#settings.output.kind === 'ndjson') return holds(this.#events, this.#from, text)
    const done = readCheckpoint(this.#settings.spool.state)?.delivery?.done
    return done !== undefined && compareClosings(done, { ...at, line: true }) >= 0
  }

  /** Process id of the service, or null. */
  service(): number | null {
    const { pid, stopped } = this.#status()
    if (pid !== undefined && !stopped && processAt(pid) !== null) return pid
    const { directory } = this.#settings.spool
    const service = processes().find((each) => isService(each) && holdsFileIn(each, directory))
    return service?.pid ?? null
  }

  /** Why nothing came out: the failure of the hop. */
  explain(at: Position, pid: number | null): Error {
    if (pid === null)
      return broken(
        'service',
        'spillway run is not running',
        'systemctl start spillway; journalctl -u spillway says why it ended',
      )
    const { sink, delivery } = this.#status()
    if (sink?.error || sink?.connected === false) {
      const why = sink.error ?? `no broker of ${this.name} answers`
      const remedy =
        'brokers, TLS and topics are in spillway.yaml; topics must be there and the client allowed to write to them'
      return broken('sink', `${this.name}: ${why}`, remedy)
    }
    const done = readCheckpoint(this.#settings.spool.state)?.delivery?.done
    const position = formatPosition(at.epoch, at.place)
    const reached = done ? formatPosition(done.epoch, done.place) : 'nothing'
    const behind = delivery?.lag_bytes ? `, ${delivery.lag_bytes} bytes behind` : ''
    return broken(
      done ? 'sink' : 'service',
      `pid ${pid} has delivered up to ${reached}${behind}; the record is at ${position}`,
      'journalctl -u spillway says whether it waits for the sink or reads another spool; a longer --timeout where it only lags',
    )
  }

  get #events(): string {
    const { output } = this.#settings
    return output.kind === 'ndjson' ? this.#host.at(join(output.directory, EVENTS)) : ''
  }

  #status(): Status {
    const text = this.#host.read(join(this.#settings.spool.state, 'status.json'))
    try {
      return text === null ? {} : (JSON.parse(text) as Status)
    } catch {
      return {}
    }
  }
}

function isService({ args }: Process): boolean {
  return args.some((arg, at) => /\/spillway(?:\.js)?$/.test(arg) && args[at + 1] === 'run')
}

/** Whether a process reads a spool: it keeps the segment open. */
function holdsFileIn({ pid }: Process, directory: string): boolean {
  try {
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    return files.some((file) => file.startsWith(`${directory}/`))
  } catch {
    // It ended meanwhile.
    return false
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Whether a text stands in a file behind some byte; from its start where it has become shorter. */
function holds(path: string, from: number, text: string): boolean {
  let fd: number
  try {
    // Root reads what the service's user owns: no link, and no pipe that nobody writes.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    const start = size < from ? 0 : from
    const bytes = Buffer.alloc(size - start)
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start)).includes(text)
  } finally {
    closeSync(fd)
  }
}
