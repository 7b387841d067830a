import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readOwn, replaceOwn, whyNot } from '../files/own.ts'
import type { Message } from '../model/delivery.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { AppendFile } from './append-file.ts'
import { Lane } from './lane.ts'

/** What an outbox keeps. */
export type Kind = 'rate' | 'alert'

/** A rates row or alert that waits for its delivery. */
export interface Entry {
  readonly n: number
  readonly kind: Kind
  /** The message as JSON. */
  readonly text: string
}

/** A line of the file: an entry, or that all up to one are delivered. */
type Line = Entry | { readonly done: number }

/** Bytes of entries that wait at most: hours of rates at a hundred keys. */
const LIMIT_BYTES = 8 << 20
/** Bytes of the file from which on it is written anew with what still waits. */
const FILE_BYTES = 2 * LIMIT_BYTES
/** Bytes of a file that is read at all: one of ours is far from it. */
const MOST_BYTES = 8 * LIMIT_BYTES
/** Bytes of the file from which on it is emptied when nothing waits. */
const IDLE_BYTES = 256 << 10

const FILE = 'outbox.ndjson'

/**
 * Rates and alerts between their making and their delivery, in the file `outbox.ndjson`: durable, so that
 * the checkpoint may move on, and with a limit of its own, so that they never hold up evidence. Over the
 * limit the oldest rates go first, then the oldest alerts; each is counted.
 */
export class Outbox {
  readonly #path: string
  readonly #limit: number
  readonly #lane = new Lane(ExitCode.Sink)
  #file: AppendFile
  #size: number
  #next: number
  /** Entries that nobody has taken yet, oldest first. */
  #waiting: Entry[]
  #bytes: number
  /** Taken and not delivered. */
  #taken: Entry[] = []
  #unwritten = ''
  #dropped = 0

  private constructor(path: string, file: AppendFile, size: number, stored: Stored, limit: number) {
    this.#path = path
    this.#file = file
    this.#size = size
    this.#next = stored.next
    this.#waiting = stored.waiting
    this.#bytes = stored.waiting.reduce((sum, { text }) => sum + text.length, 0)
    this.#limit = limit
  }

  /** Opens the outbox in `directory`, which is made when missing; what waited there waits again. */
  static async open(directory: string, limit: number = LIMIT_BYTES): Promise<Outbox> {
    await mkdir(directory, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
      const reason = `cannot make the directory ${directory}: ${reasonOf(error)}`
      throw new Failure(ExitCode.Sink, reason, { cause: error })
    })
    const path = join(directory, FILE)
    const file = await AppendFile.open(path)
    const text = readStored(path)
    return new Outbox(path, file, text.length, readLines(text), limit)
  }

  /** Entries that are not delivered. */
  get waiting(): number {
    return this.#waiting.length + this.#taken.length
  }

  /** Entries that were dropped for room since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** Adds a message; it is written soon, and durable when `sync` has settled. */
  add(kind: Kind, message: Message): void {
    const entry = { n: this.#next++, kind, text: jsonText(message) }
    this.#waiting.push(entry)
    this.#bytes += entry.text.length
    this.#append(`{"n":${entry.n},"kind":"${kind}","message":${entry.text}}\n`)
    while (this.#bytes > this.#limit && this.#waiting.length > 1) this.#dropOldest()
  }

  /** Takes the oldest entry that waits; null when none does. */
  take(): Entry | null {
    const entry = this.#waiting.shift()
    if (entry === undefined) return null
    this.#bytes -= entry.text.length
    this.#taken.push(entry)
    return entry
  }

  /** The oldest `count` entries that were taken are delivered. */
  delivered(count: number): void {
    const last = this.#taken.splice(0, count).at(-1)
    if (last !== undefined) this.#append(`{"done":${last.n}}\n`)
  }

  /** Settles when all that was added before is durable. Rejects with a `Failure`. */
  sync(): Promise<void> {
    return this.#lane.run(() => this.#file.sync())
  }

  /** Syncs and lets go of the file. */
  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      await this.#file.close()
    }
  }

  #dropOldest(): void {
    const rate = this.#waiting.findIndex(({ kind }) => kind === 'rate')
    const [gone] = this.#waiting.splice(Math.max(0, rate), 1)
    this.#bytes -= gone.text.length
    this.#dropped++
  }

  /** Has a line written with those that come meanwhile; a failure is for the next `sync`. */
  #append(line: string): void {
    const isFirst = this.#unwritten === ''
    this.#unwritten += line
    if (isFirst) this.#lane.run(() => this.#write()).catch(() => {})
  }

  async #write(): Promise<void> {
    const lines = Buffer.from(this.#unwritten)
    this.#unwritten = ''
    const left = [...this.#taken, ...this.#waiting]
    if (this.#size > FILE_BYTES || (this.#size > IDLE_BYTES && left.length === 0)) {
      await this.#rewrite(left)
      return
    }
    await this.#file.write([lines])
    this.#size += lines.length
    await this.#file.sync()
  }

  /** Writes the file anew, whole or not at all. */
  async #rewrite(left: readonly Entry[]): Promise<void> {
    const lines = left.map(({ n, kind, text }) => `{"n":${n},"kind":"${kind}","message":${text}}\n`)
    const text = `{"done":${(left[0]?.n ?? this.#next) - 1}}\n${lines.join('')}`
    await replaceOwn(this.#path, text, true)
    this.#size = text.length
    await this.#file.sync()
  }
}

interface Stored {
  readonly next: number
  readonly waiting: Entry[]
}

function readStored(path: string): string {
  try {
    return readOwn(path, MOST_BYTES)?.toString() ?? ''
  } catch (error) {
    throw new Failure(ExitCode.Sink, `cannot read ${path}: ${whyNot(error)}`, { cause: error })
  }
}

/** What the lines of an outbox say; a line that is none, after damage to the disk, is passed over. */
function readLines(text: string): Stored {
  let waiting: Entry[] = []
  let next = 0
  for (const line of text.split('\n')) {
    const said = read(line)
    if (said === null) continue
    if ('done' in said) {
      next = Math.max(next, said.done + 1)
      waiting = waiting.filter(({ n }) => n > said.done)
    } else {
      next = Math.max(next, said.n + 1)
      waiting.push(said)
    }
  }
  return { next, waiting }
}

/** What a line says; null where that is nothing an outbox wrote, nested deeper than can be said again among it. */
function read(line: string): Line | null {
  try {
    const said: unknown = JSON.parse(line)
    if (typeof said !== 'object' || said === null) return null
    const { n, kind, message, done } = said as Record<string, unknown>
    if (Number.isSafeInteger(done)) return { done: Number(done) }
    if (!Number.isSafeInteger(n) || (kind !== 'rate' && kind !== 'alert')) return null
    if (typeof message !== 'object' || message === null) return null
    return { n: Number(n), kind, text: jsonText(message) }
  } catch {
    return null
  }
}
