import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  writevSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isLocal } from '../files/local.ts'
import { datasync, openOwn, whyNot } from '../files/own.ts'
import { LF } from '../model/bytes.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { leftOf, type Outlet, sizeOf, writevTo } from './outlet.ts'

const TAIL_BYTES = 65_536
/** Bytes that are in the page cache sooner than another thread is awake. */
const SMALL_BYTES = 65_536

/** What becomes of a last line without an end. */
export const Torn = {
  /** It goes: the file is ours, and the line the remains of a crash. */
  Cut: 0,
  /** The file is not opened: it may be anybody's. */
  Refuse: 1,
} as const
export type Torn = (typeof Torn)[keyof typeof Torn]

interface OpenFile {
  readonly fd: number
  readonly identity: Stats
  /** On a file system of this host. */
  readonly local: boolean
}

/**
 * A file of lines that is only appended to. Whatever happens it holds whole lines: what a failed write
 * left is cut off, and so is the torn last line of a process that was killed. A file that was moved
 * away (log rotation) is opened again at the next `sync`.
 */
export class AppendFile implements Outlet {
  readonly #path: string
  #file: OpenFile
  #dirty = false

  private constructor(path: string, file: OpenFile) {
    this.#path = path
    this.#file = file
  }

  /**
   * Opens or creates `path` (mode 0640); a symbolic link, a second link or anything but a file is a `Failure`, and so
   * is, where that is to be refused, a file that does not end with a line feed.
   */
  static async open(path: string, torn: Torn = Torn.Cut): Promise<AppendFile> {
    return new AppendFile(path, openWhole(path, torn))
  }

  /** Appends all of `parts`, which end with a line feed, or nothing. */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    const { fd, local } = this.#file
    const size = sizeOf(parts)
    const here = local && size <= SMALL_BYTES
    let rest = leftOf(parts, 0)
    this.#dirty = true
    try {
      while (rest.length > 0)
        rest = leftOf(rest, here ? writevSync(fd, rest) : await writevTo(fd, rest))
    } catch (error) {
      this.#cut(size - sizeOf(rest))
      throw appendFailure(this.#path, error)
    }
  }

  /** Settles when everything written is durable; follows a rotation. */
  async sync(): Promise<void> {
    try {
      const { fd, identity } = this.#file
      if (this.#dirty) await datasync(fd)
      this.#dirty = false
      const now = lstatSync(this.#path, { throwIfNoEntry: false })
      if (now?.ino === identity.ino && now.dev === identity.dev) return
      this.#file = openWhole(this.#path, Torn.Cut)
      closeSync(fd)
    } catch (error) {
      throw appendFailure(this.#path, error)
    }
  }

  /** Lets go of the file, without a sync. */
  async close(): Promise<void> {
    closeSync(this.#file.fd)
  }

  /** Takes the last bytes away again. */
  #cut(bytes: number): void {
    const { fd } = this.#file
    try {
      if (bytes > 0) ftruncateSync(fd, fstatSync(fd).size - bytes)
    } catch {
      // The disk has failed: what is torn is cut at the next start.
    }
  }
}

function openWhole(path: string, torn: Torn): OpenFile {
  let fd: number | null = null
  try {
    fd = openOwn(path, constants.O_APPEND)
    const identity = fstatSync(fd)
    const whole = wholeLines(fd, identity.size)
    if (whole < identity.size && torn === Torn.Refuse)
      throw new Error('its last line has no end; is it a file of lines?')
    if (whole < identity.size) ftruncateSync(fd, whole)
    if (identity.size === 0) syncDirectory(dirname(path))
    return { fd, identity, local: isLocal(path) }
  } catch (error) {
    if (fd !== null) closeSync(fd)
    throw appendFailure(path, error)
  }
}

/** Bytes up to and with the last line feed. */
function wholeLines(fd: number, size: number): number {
  const tail = Buffer.alloc(TAIL_BYTES)
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const start = Math.max(0, end - TAIL_BYTES)
    const read = readSync(fd, tail, 0, end - start, start)
    const at = tail.subarray(0, read).lastIndexOf(LF)
    if (at >= 0) return start + at + 1
  }
  return 0
}

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function appendFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure(ExitCode.Sink, `cannot append to ${path}: ${whyNot(error)}`, { cause: error })
}
