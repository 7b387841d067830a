import type { Hole } from '../analyse/stream/stream.ts'
import type { Log } from '../log.ts'
import { comparePositions, PLAIN_EPOCH, type Position } from '../model/place.ts'
import type { Progress } from '../pipeline/pipeline.ts'
import type { Source } from '../pipeline/source.ts'
import type { CheckpointState, Progress as Saved } from '../spool/checkpoint.ts'
import type { Notice } from '../spool/notice.ts'
import { SpoolReader } from '../spool/reader.ts'
import { holeOf } from './alerts.ts'

/** What the readers of a service have in common. */
export interface ReadersOptions {
  readonly spool: string
  readonly state: string
  /** The checkpoint they begin with. */
  readonly last: CheckpointState | null
  /** Learns what is wrong with the spool, once, even where it is read twice. */
  readonly onNotice: (notice: Notice) => void
  /** Learns what is missing in the stream, whenever that is read. */
  readonly onHole: (hole: Hole) => void
}

/** Where a stream begins that was never read. */
const START: Progress = { resume: { epoch: PLAIN_EPOCH, place: 0 }, done: null }

/** Before every place of a spool. */
const NOWHERE: Position = { epoch: PLAIN_EPOCH, place: -1 }

/** The readers that a service has on its spool: one, or two while its lanes are parted. */
export class Readers {
  readonly #options: ReadersOptions
  readonly #open = new Set<SpoolReader>()
  /** The last ones opened, closed or not: they know salts. */
  #latest: SpoolReader[] = []
  #closed: number
  /** What was found before here is told: what was analysed is read again after a start. */
  #noticed: Position

  /** Throws a `Failure` when there is no spool that can be read. */
  constructor(options: ReadersOptions) {
    this.#options = options
    this.#closed = options.last?.closed ?? 0
    this.#noticed = options.last?.analysis?.done ?? NOWHERE
    this.#reader(START.resume, () => {}).close()
  }

  /** Highest epoch that was closed without waiting for the next writer. */
  get closed(): number {
    return this.#closed
  }

  /** An epoch that was read to its end, has no next one and is not closed. */
  get over(): number | null {
    for (const { isOver, position } of this.#open)
      if (isOver && position !== null && position.epoch > this.#closed) return position.epoch
    return null
  }

  /** Says so where no segment is there that can be read: no shim has run, or it writes elsewhere. */
  sayIfEmpty(log: Log): void {
    const probe = this.#reader(START.resume, () => {})
    probe.next()
    const { spool } = this.#options
    if (probe.position === null)
      log.warn({}, `nothing here yet; waiting for the shim's first segment in ${spool}`)
    probe.close()
  }

  /** A source that begins at a position of this spool. */
  open(at: Position): Source {
    const reader = this.#reader(at, (notice) => this.#onNotice(notice))
    this.#open.add(reader)
    this.#latest = [reader, ...this.#latest.slice(0, 1)]
    return {
      next: () => reader.next(),
      wait: () => reader.wait(),
      close: () => {
        this.#open.delete(reader)
        reader.close()
      },
      get lag() {
        return reader.lag
      },
      get isCalm() {
        return reader.isCalm
      },
    }
  }

  /** Where delivery and analysis begin: where they were, unless another spool is in its place. */
  startOf(last: CheckpointState | null): readonly [Progress, Progress] {
    const { delivery, analysis } = last ?? { delivery: null, analysis: null }
    const foreign = this.#foreign(delivery) ?? this.#foreign(analysis)
    if (foreign === null) return [delivery ?? START, analysis ?? START]
    this.#noticed = NOWHERE
    this.#options.onNotice(foreign)
    return [START, START]
  }

  /** A progress as a checkpoint keeps it, where reading has to go on at `read` if that lies before. */
  saved({ resume, done }: Progress, read: Position | null = null): Saved | null {
    const from = read !== null && comparePositions(read, resume) < 0 ? read : resume
    return done === null ? null : { resume: from, done, salt: this.#saltOf(from) }
  }

  /** Has it that an epoch is closed: it counts in the next checkpoint. */
  noteClosed(epoch: number): void {
    this.#closed = epoch
  }

  /** Lets the closed epochs end. To be called once the checkpoint that says so is durable. */
  endClosed(): void {
    for (const reader of this.#open) reader.closeEpoch(this.#closed)
  }

  #reader(at: Position, notice: (notice: Notice) => void): SpoolReader {
    const { spool, state } = this.#options
    const from = at.epoch === PLAIN_EPOCH ? null : at
    return new SpoolReader({
      spool,
      state,
      from,
      salt: this.#saltOf(at),
      closed: this.#closed,
      notice,
    })
  }

  /** What is said of a progress that is not of this spool. */
  #foreign(saved: Saved | null): Notice | null {
    let foreign: Notice | null = null
    if (saved === null) return null
    const probe = this.#reader(saved.resume, (notice) => {
      if (notice.kind === 'skipped' && comparePositions(notice.to, notice.from) <= 0)
        foreign = notice
    })
    probe.next()
    probe.close()
    return foreign
  }

  #saltOf(at: Position): number | null {
    for (const reader of this.#latest) {
      const salt = reader.saltOf(at)
      if (salt !== null) return salt
    }
    const { last } = this.#options
    for (const saved of [last?.delivery, last?.analysis])
      if (saved && comparePositions(saved.resume, at) === 0) return saved.salt
    return null
  }

  #onNotice(notice: Notice): void {
    const at = placeOf(notice)
    const hole = holeOf(notice)
    if (hole !== null) this.#options.onHole(hole)
    if (at !== null && comparePositions(at, this.#noticed) <= 0) return
    if (at !== null) this.#noticed = at
    this.#options.onNotice(notice)
  }
}

/** Where in the stream something was found; null for what has no place there. */
function placeOf(notice: Notice): Position | null {
  if (notice.kind === 'waiting') return null
  return 'at' in notice ? notice.at : notice.from
}
