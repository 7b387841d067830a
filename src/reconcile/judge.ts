import { isUtf8 } from 'node:buffer'
import { placeAt } from '../model/batch.ts'
import type { Run } from '../model/delivery.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import type { Position } from '../model/place.ts'
import { EOE, EXECVE } from '../tables/single.ts'
import type { Delivered } from './delivered.ts'

/** How an event of the log stands among those that were delivered. */
export const Standing = {
  Whole: 0,
  /** Whole, since a run before this one brought it back. */
  Recovered: 1,
  /** Delivered with less than the log has of it. */
  Torn: 2,
  Missing: 3,
} as const
export type Standing = (typeof Standing)[keyof typeof Standing]

/** What a judge needs. */
export interface JudgeOptions {
  readonly delivered: Delivered
  /** Node of records that name none. */
  readonly host: string
  /** `host` was said, and not only taken for it: nothing delivered may be of that name. */
  readonly hostIsSaid: boolean
}

const ANNOUNCED = Buffer.from(',"missing":[')
const A = 0x61
const R = 0x72

/**
 * Says of each event of the log how it stands. Its members are those of the event that was last looked
 * at: no object per event.
 */
export class Judge {
  standing: Standing = Standing.Whole
  node = ''
  /** Number of the node among the delivered, or -1. */
  nodeNumber = -1
  /** First row among the delivered, or -1. */
  row = -1
  time = 0
  serial = 0
  daemon = false
  records = 0
  /** Where its first and its last line begin in the log. */
  first = 0
  last = 0
  readonly #options: JudgeOptions
  /** At first what no record can name. */
  #nodeBytes: Buffer = Buffer.from(' ')

  constructor(options: JudgeOptions) {
    this.#options = options
  }

  /** Where the delivered event stands in the stream, null where its parts stand in several places. */
  get position(): Position | null {
    const { delivered } = this.#options
    return delivered.isInOne(this.row) ? delivered.positionOf(this.row) : null
  }

  /** Looks at the event in row `at` of a run's order; each event of the log once, in order. */
  look(run: Run, at: number): void {
    const { delivered } = this.#options
    const { events } = run.result
    const row = run.result.order[at]
    this.#enterNode(run, row)
    this.time = events.sec[row] * 1000 + events.ms[row]
    this.serial = events.serial[row]
    this.daemon = events.daemon[row] === 1
    this.records = recordsOf(run, row)
    const { lines } = run.result
    this.first = placeAt(run.batch, lines.start[events.first[row]])
    this.last = placeAt(run.batch, lines.start[events.last[row]])
    this.row = delivered.find(this.nodeNumber, this.daemon, this.time, this.serial)
    if (this.row < 0) this.standing = Standing.Missing
    else if (!delivered.claim(this.row, this.records) || this.#hasMore(run, row))
      this.standing = Standing.Torn
    else this.standing = delivered.isRecovered(this.row) ? Standing.Recovered : Standing.Whole
  }

  /** Whether the log has all that the delivered event announces and lacks. */
  #hasMore(run: Run, row: number): boolean {
    if (!this.#options.delivered.isLacking(this.row)) return false
    const { out, events } = run.result
    return !Buffer.from(out.buffer, out.byteOffset, out.byteLength)
      .subarray(events.outStart[row], events.outEnd[row])
      .includes(ANNOUNCED)
  }

  #enterNode({ batch, result }: Run, row: number): void {
    const { nodeStart, nodeEnd } = result.events
    const bytes = batch.bytes.subarray(nodeStart[row], nodeEnd[row])
    if (this.#nodeBytes.equals(bytes)) return
    this.#nodeBytes = Buffer.from(bytes)
    const { delivered, host, hostIsSaid } = this.#options
    if (bytes.length > 0) this.node = nameOf(this.#nodeBytes)
    else this.node = host
    this.nodeNumber = delivered.numberOf(this.node)
    if (bytes.length > 0 || hostIsSaid || this.nodeNumber >= 0 || delivered.count === 0) return
    const some = delivered.nodes.slice(0, 3).join(', ')
    const message = `no delivered event is of ${host}, for which the log is taken, but of ${some}; --node says whose it is`
    throw new Failure(ExitCode.Usage, message)
  }
}

/** A node as it stands in `EVENT.id`. */
function nameOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : bytes.toString('hex').toUpperCase()
}

/** Records of an event, counted as in `DeliveredEvent`. */
function recordsOf({ batch, result }: Run, row: number): number {
  const { type, next, body } = result.lines
  let records = 0
  for (let line = result.events.first[row]; line >= 0; line = next[line]) {
    const isCounted =
      type[line] === EXECVE
        ? // The first begins with argc, the others with an argument.
          batch.bytes[body[line]] === A && batch.bytes[body[line] + 1] === R
        : type[line] !== EOE
    if (isCounted) records++
  }
  return records
}
