import { constants, fstatSync, lstatSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openOwn, whyNot } from '../files/own.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { type Outlet, writeWhole } from './outlet.ts'

const LF = 0x0a
const TAIL_BYTES = 65_536

/** What becomes of a last line without an end. */
export const Torn = {
  /** It goes: the file is ours, and the line the remains of a crash. */
  Cut: 0,
  /** The file is not opened: it may be anybody's. */
  Refuse: 1,
} as const
export type Torn = (typeof Torn)[keyof typeof Torn]

/**
 * A file of lines that is only appended to. Whatever happens it holds whole lines: what a failed write
 * left is cut off, and so is the torn last line of a process that was killed. A file that was moved
 * away (log rotation) is opened again at the next `sync`.
 */
export class AppendFile implements Outlet {
  readonly #path: string
  #file: FileHandle
  #identity: Stats
  #dirty = false

  private constructor(path: string, file: FileHandle, identity: Stats) {
    this.#path = path
    this.#file = file
    this.#identity = identity
  }

  /**
   * Opens or creates `path` (mode 0640); a symbolic link, a second link or anything but a file is a `Failure`, and so
   * is, where that is to be refused, a file that does not end with a line feed.
   */
  static async open(path: string, torn: Torn = Torn.Cut): Promise<AppendFile> {
    const { file, stat } = await openWhole(path, torn)
    return new AppendFile(path, file, stat)
  }

  /** Appends all of `parts`, which end with a line feed, or nothing. */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    const { size } = fstatSync(this.#file.fd)
    this.#dirty = true
    try {
      await writeWhole(this.#file.fd, parts)
    } catch (error) {
      await this.#file.truncate(size).catch(() => {})
      throw appendFailure(this.#path, error)
    }
  }

  /** Settles when everything written is durable; follows a rotation. */
  async sync(): Promise<void> {
    try {
      if (this.#dirty) await this.#file.datasync()
      this.#dirty = false
      const now = lstatSync(this.#path, { throwIfNoEntry: false })
      if (now?.ino === this.#identity.ino && now.dev === this.#identity.dev) return
      await this.#file.close()
      const { file, stat } = await openWhole(this.#path, Torn.Cut)
      this.#file = file
      this.#identity = stat
    } catch (error) {
      throw appendFailure(this.#path, error)
    }
  }

  /** Lets go of the file, without a sync. */
  close(): Promise<void> {
    return this.#file.close()
  }
}

async function openWhole(path: string, torn: Torn): Promise<{ file: FileHandle; stat: Stats }> {
  let file: FileHandle | undefined
  try {
    file = await openOwn(path, constants.O_APPEND)
    const stat = await file.stat()
    const whole = await wholeLines(file, stat.size)
    if (whole < stat.size && torn === Torn.Refuse)
      throw new Error('its last line has no end; is it a file of lines?')
    if (whole < stat.size) await file.truncate(whole)
    if (stat.size === 0) await syncDirectory(dirname(path))
    return { file, stat }
  } catch (error) {
    await file?.close()
    throw appendFailure(path, error)
  }
}

/** Bytes up to and with the last line feed. */
async function wholeLines(file: FileHandle, size: number): Promise<number> {
  const tail = Buffer.alloc(TAIL_BYTES)
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const start = Math.max(0, end - TAIL_BYTES)
    const { bytesRead } = await file.read(tail, 0, end - start, start)
    const at = tail.subarray(0, bytesRead).lastIndexOf(LF)
    if (at >= 0) return start + at + 1
  }
  return 0
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function appendFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure(ExitCode.Sink, `cannot append to ${path}: ${whyNot(error)}`, { cause: error })
}
