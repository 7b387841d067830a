import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { LF } from '../model/bytes.ts'
import { codeOf } from '../model/failure.ts'
import {
  type NetlinkReading,
  READING_VERSION,
  type Reading,
  type Status,
} from '../model/reading.ts'

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Bytes read at one look, so that a long file does not hold the service up. */
const LOOK_BYTES = 256 * 1024
/** A reading is a few hundred bytes, with rules 64 KiB and some; of what is longer only the end is looked at. */
const MAX_LINE = 256 * 1024
const KINDS: ReadonlySet<unknown> = new Set<Reading['kind']>([
  'status',
  'netlink',
  'unknown',
  'kmsg',
  'auditd',
  'state',
  'rules',
])
/** Members that are reckoned with. */
const COUNTS: ReadonlySet<string> = new Set<keyof Status | keyof NetlinkReading | 'hz' | 'more'>([
  'enabled',
  'pid',
  'rate_limit',
  'backlog_limit',
  'lost',
  'backlog',
  'backlog_wait_time',
  'backlog_wait_time_actual',
  'hz',
  'rmem',
  'drops',
  'more',
])

/** Whether there is a file of readings. */
export type Presence = 'there' | 'missing' | 'refused'

/**
 * Reads a file of readings as it grows, from its beginning, and goes on in the next one when it is
 * moved away. A look costs one call to the system while nothing is new.
 */
export class ReadingsReader {
  readonly #path: string
  #file: { readonly fd: number; readonly stat: Stats } | null = null
  #place = 0
  #rest: Buffer = Buffer.alloc(0)
  #bad = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Lines so far that are no readings. */
  get bad(): number {
    return this.#bad
  }

  /** What has come since the last look, and whether there is a file at all. */
  look(): { readonly readings: readonly Reading[]; readonly presence: Presence } {
    const now = statOf(this.#path)
    if (now === 'refused') return { readings: [], presence: 'refused' }
    const file = this.#file
    if (file !== null && now?.ino === file.stat.ino && now.dev === file.stat.dev) {
      if (now.size === this.#place) return { readings: [], presence: 'there' }
      if (now.size < this.#place) this.#restart()
      return { readings: this.#read(), presence: 'there' }
    }
    const readings = this.#read()
    // A file that was moved away is read to its end first.
    if (file !== null && fstatSync(file.fd).size > this.#place)
      return { readings, presence: 'there' }
    this.close()
    const presence = now === undefined ? 'missing' : this.#open()
    return { readings: [...readings, ...this.#read()], presence }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file.fd)
    this.#file = null
    this.#restart()
  }

  #open(): Presence {
    try {
      const fd = openSync(this.#path, FLAGS)
      const stat = fstatSync(fd)
      if (stat.isFile()) {
        this.#file = { fd, stat }
        return 'there'
      }
      closeSync(fd)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return 'missing'
    }
    return 'refused'
  }

  #restart(): void {
    this.#place = 0
    this.#rest = Buffer.alloc(0)
  }

  /** The next readings of the file that is open, if one is. */
  #read(): Reading[] {
    if (this.#file === null) return []
    const buffer = Buffer.alloc(LOOK_BYTES)
    const size = readSync(this.#file.fd, buffer, 0, LOOK_BYTES, this.#place)
    this.#place += size
    const bytes = Buffer.concat([this.#rest, buffer.subarray(0, size)])
    const end = bytes.lastIndexOf(LF) + 1
    const rest = bytes.subarray(end)
    this.#rest = Buffer.from(rest.length > MAX_LINE ? [] : rest)
    const readings: Reading[] = []
    for (const line of bytes.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      const reading = parseReading(line)
      if (reading === null) this.#bad++
      else readings.push(reading)
    }
    return readings
  }
}

function statOf(path: string): Stats | undefined | 'refused' {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return 'refused'
  }
}

/** The reading that a line holds; null for anything else, a later version and an unknown kind among it. */
export function parseReading(line: string): Reading | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { v, time, boot, monotonic_us: clock, kind, rules } = value as Record<string, unknown>
  const taken =
    v === READING_VERSION &&
    typeof boot === 'string' &&
    Number.isSafeInteger(clock) &&
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time))
  const counts = Object.entries(value).filter(([name]) => COUNTS.has(name))
  const sound =
    taken &&
    KINDS.has(kind) &&
    counts.every(([, count]) => isCount(count)) &&
    (kind !== 'rules' || isTexts(rules))
  return sound ? (value as Reading) : null
}

function isCount(value: unknown): boolean {
  return value === null || (Number.isSafeInteger(value) && (value as number) >= 0)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
