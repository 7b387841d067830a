/**
 * What survives a restart of the service, in its own directory.
 *
 * Two files, `checkpoint.a` and `checkpoint.b`, are written in turns, so that a write that is cut short
 * leaves the other one whole. Each is one line and one JSON text, synced before it counts:
 *
 * ```
 * spillway-checkpoint 1 LENGTH CRC        bytes of the JSON, their CRC-32 in eight hex digits
 * {"generation":…,"count":…,"owner":…,"state":{…}}
 * ```
 *
 * A service that starts writes generation + 1; who finds a higher one than its own, or its own under
 * another owner, has been replaced and must stop. `count` orders the writes of one generation.
 * `released` follows the durable checkpoint: the segments below it are the shim's to delete.
 */

import { randomUUID } from 'node:crypto'
import { closeSync, constants, ftruncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { datasync, makeOwn, openOwn, readOwn, replaceOwn, whyNot } from '../files/own.ts'
import type { Message } from '../model/delivery.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import type { Closing, Position } from '../model/place.ts'
import { sequenceOf } from '../model/place.ts'
import type { SegmentId } from './format.ts'
import { compareSegments, formatReleased, hex32 } from './format.ts'

const SLOTS = ['checkpoint.a', 'checkpoint.b'] as const
/** Longest checkpoint that is read: many times what 10,000 rule keys on each of 50 nodes take. */
const MAX_BYTES = 256 << 20
const HEAD = /^spillway-checkpoint (\d+) (\d{1,10}) ([0-9a-f]{8})\n/
/** How a slot begins, as `#put` writes it, and the bytes that takes at most. */
const START =
  /^spillway-checkpoint 1 \d{1,10} [0-9a-f]{8}\n\{"generation":(\d{1,15}),"count":(\d{1,15}),"owner":"([0-9a-f-]{36})",/
const START_BYTES = 192

/** How far one consumer of the spool has come. */
export interface Progress {
  /** First byte of the oldest event that is still open. */
  readonly resume: Position
  /** Salt of the segment `resume` lies in, null where it is not known. */
  readonly salt: number | null
  /** Everything that closes at or before this is done. */
  readonly done: Closing
}

/** The batch that was being worked on when the process ended, and how often that happened. */
export interface Attempt {
  readonly at: Position
  readonly count: number
}

/** What a checkpoint keeps. */
export interface CheckpointState {
  readonly delivery: Progress | null
  readonly analysis: Progress | null
  /** What the analysis knows where it is, as a JSON value. */
  readonly windows: unknown
  /** Alerts that were open then; checkpoints of older versions have none. */
  readonly alerts?: readonly Message[]
  /** Hash of the configuration that shapes the output. */
  readonly config: string
  /** Highest epoch that was closed without waiting for the next writer. */
  readonly closed: number
  readonly attempt: Attempt | null
}

/** A state that is to be kept, its `windows` as JSON text: the analysis goes on while a checkpoint is written. */
export type SavedState = Omit<CheckpointState, 'windows'> & { readonly windows: string }

interface Record {
  readonly generation: number
  readonly count: number
  readonly owner: string
  readonly state: CheckpointState | null
}

/** The checkpoint of one service. One write at a time; a second one waits for the first. */
export class Checkpoint {
  readonly #directory: string
  readonly #owner: string = randomUUID()
  #generation = 0
  #count = 0
  #slot = 0
  #released: SegmentId | null = null
  #writing: Promise<void> = Promise.resolve()
  /** What the service before this one had written, or null. */
  readonly last: CheckpointState | null

  private constructor(directory: string, last: CheckpointState | null) {
    this.#directory = directory
    this.last = last
  }

  /**
   * Takes the directory over from whichever service had it; makes it where it is missing. Throws a
   * `Failure` when it cannot be used.
   */
  static async open(directory: string): Promise<Checkpoint> {
    try {
      await makeOwn(directory)
      const slots = readSlots(directory)
      const newest = newestOf(slots)
      const checkpoint = new Checkpoint(directory, newest?.state ?? null)
      checkpoint.#generation = (newest?.generation ?? 0) + 1
      checkpoint.#slot = newest && newest === slots[0] ? 1 : 0
      await checkpoint.#put(checkpoint.last && savedState(checkpoint.last))
      return checkpoint
    } catch (error) {
      throw stateFailure(directory, error)
    }
  }

  /** This service's generation: one more than the one before had. */
  get generation(): number {
    return this.#generation
  }

  /**
   * Makes a state durable, then lets the writer delete what neither consumer needs. Rejects with a
   * `Failure` once another service has taken over; nothing is written then.
   */
  write(state: SavedState): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(() => this.#write(state))
      .catch((error: unknown) => {
        throw stateFailure(this.#directory, error)
      })
    return this.#writing
  }

  async #write(state: SavedState): Promise<void> {
    const newest = newestOf(SLOTS.map((name) => this.#look(join(this.#directory, name))))
    const isReplaced =
      newest !== null &&
      (newest.generation > this.#generation ||
        (newest.generation === this.#generation && newest.owner !== this.#owner))
    if (isReplaced) {
      throw new Failure(
        ExitCode.Fault,
        `another service has taken over ${this.#directory}; stop one of the two`,
      )
    }
    await this.#put(state)
    const released = releasedBy(state)
    if (!released || (this.#released && compareSegments(released, this.#released) === 0)) return
    const path = join(this.#directory, 'released')
    await replaceOwn(path, formatReleased(released), false)
    this.#released = released
  }

  /** What a slot says; of one that begins as this service wrote it no more than that. */
  #look(path: string): Record | null {
    const start = START.exec(readOwn(path, MAX_BYTES, START_BYTES)?.toString('latin1') ?? '')
    if (start === null || start[3] !== this.#owner) return readSlot(path)
    return { generation: Number(start[1]), count: Number(start[2]), owner: start[3], state: null }
  }

  async #put(state: SavedState | null): Promise<void> {
    const start = JSON.stringify({
      generation: this.#generation,
      count: ++this.#count,
      owner: this.#owner,
    })
    const json = Buffer.from(`${start.slice(0, -1)},"state":${state && jsonOf(state)}}`)
    const head = `spillway-checkpoint 1 ${json.length} ${hex32(crc32(json))}\n`
    const fd = openOwn(join(this.#directory, SLOTS[this.#slot]))
    try {
      ftruncateSync(fd)
      writeFileSync(fd, Buffer.concat([Buffer.from(head), json, Buffer.from('\n')]))
      await datasync(fd)
    } finally {
      closeSync(fd)
    }
    // The names of both files are durable after their first write.
    if (this.#count <= SLOTS.length) await this.#syncDirectory()
    this.#slot = 1 - this.#slot
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }
}

/** A state as it is given to be kept. */
export function savedState(state: CheckpointState): SavedState {
  return { ...state, windows: JSON.stringify(state.windows) }
}

/** What the service in this directory has written last, without taking it over; null for nothing. */
export function readCheckpoint(directory: string): CheckpointState | null {
  return newestOf(readSlots(directory))?.state ?? null
}

function stateFailure(directory: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const message = `cannot use the state directory ${directory}: ${whyNot(error)}`
  return new Failure(ExitCode.Spool, message, { cause: error })
}

function jsonOf({ windows, ...rest }: SavedState): string {
  return `${JSON.stringify(rest).slice(0, -1)},"windows":${windows}}`
}

/** The first segment that a consumer still needs, or null while one has not begun. */
function releasedBy({ delivery, analysis }: SavedState): SegmentId | null {
  if (!delivery || !analysis) return null
  const [a, b] = [delivery.resume, analysis.resume].map(({ epoch, place }) => ({
    epoch,
    sequence: sequenceOf(place),
  }))
  return compareSegments(a, b) < 0 ? a : b
}

function newestOf(slots: readonly (Record | null)[]): Record | null {
  const [a, b] = slots
  if (!a || !b) return a ?? b
  return (a.generation - b.generation || a.count - b.count) > 0 ? a : b
}

/** Not asynchronous: read once a second, from memory, that costs a tenth. */
function readSlots(directory: string): (Record | null)[] {
  return SLOTS.map((name) => readSlot(join(directory, name)))
}

/** Null for a slot that is missing or was cut short. Throws a `Failure` for an unknown version. */
function readSlot(path: string): Record | null {
  const bytes = readOwn(path, MAX_BYTES)
  if (bytes === null) return null
  const head = HEAD.exec(bytes.toString('latin1', 0, 64))
  if (!head) return null
  if (head[1] !== '1') {
    throw new Failure(ExitCode.Spool, `${path} is a checkpoint of the unknown version ${head[1]}`)
  }
  const json = bytes.subarray(head[0].length, head[0].length + Number(head[2]))
  return hex32(crc32(json)) === head[3] ? (JSON.parse(json.toString()) as Record) : null
}
