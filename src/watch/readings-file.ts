import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { LF } from '../model/bytes.ts'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { READING_VERSION, type Said, type Taken } from '../model/reading.ts'

const FLAGS =
  constants.O_RDWR |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK
const MODE = 0o640
/** Bytes after which a new file is begun: some hours of a quiet kernel. */
const MAX_BYTES = 1 << 20
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/**
 * The file of readings, a JSON object a line. A full one is moved to `PATH.1`, over the one before, so
 * that whoever reads it loses nothing and the two never hold more than 2 MiB.
 */
export class ReadingsFile {
  readonly #path: string
  readonly #boot: string
  readonly #maxBytes: number
  #fd: number
  #size: number
  #last = 0

  /** Opens or creates `path` (0640). A symbolic link, a second link or anything but a file is a `Failure`. */
  constructor(path: string, maxBytes: number = MAX_BYTES) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#boot = readFileSync(BOOT_ID, 'latin1').trim()
    const { fd, size } = openSafely(path)
    this.#fd = fd
    this.#size = size
  }

  /** Writes one reading, whole, in one write. Throws when the disk does not take it. */
  write(said: Said): void {
    const line = Buffer.from(`${jsonText({ ...this.#stamp(), ...said })}\n`)
    if (this.#size + line.length > this.#maxBytes) this.#renew()
    writeSync(this.#fd, line)
    this.#size += line.length
  }

  close(): void {
    closeSync(this.#fd)
  }

  #renew(): void {
    renameSync(this.#path, `${this.#path}.1`)
    closeSync(this.#fd)
    const { fd, size } = openSafely(this.#path)
    this.#fd = fd
    this.#size = size
  }

  #stamp(): Taken {
    const now = Number(process.hrtime.bigint() / 1000n)
    this.#last = Math.max(this.#last + 1, now)
    const time = new Date().toISOString()
    return { v: READING_VERSION, time, boot: this.#boot, monotonic_us: this.#last }
  }
}

/** Ends the line that a watcher may have left without an end; gives the bytes that takes. */
function endLine(fd: number, size: number): number {
  const last = Buffer.alloc(1)
  if (size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === LF)) return 0
  return writeSync(fd, '\n')
}

function openSafely(path: string): { fd: number; size: number } {
  try {
    const fd = openSync(path, FLAGS, MODE)
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.nlink !== 1) {
      closeSync(fd)
      throw new Error('it is no file of its own')
    }
    fchmodSync(fd, MODE)
    return { fd, size: stat.size + endLine(fd, stat.size) }
  } catch (error) {
    const reason = codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : reasonOf(error)
    throw new Failure(ExitCode.Sink, `cannot write to ${path}: ${reason}`, { cause: error })
  }
}
