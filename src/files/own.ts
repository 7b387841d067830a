/**
 * Files of this process alone, in directories that others may reach into: what somebody planted under
 * their names (a link, a pipe, a device) is neither followed, nor waited for, nor written into.
 * They are small, and written once a second: only a sync is worth waking another thread.
 */

import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { codeOf, reasonOf } from '../model/failure.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants
const MODE = 0o640
const DIRECTORY_MODE = 0o750
const WRITE_BY_OTHERS = 0o022

/** Settles when the bytes of a file are durable. */
export const datasync: (fd: number) => Promise<void> = promisify(fdatasync)

/** Opens or creates a file (0640) for reading and writing; `more` flags of open(2). Throws for anything planted. */
export function openOwn(path: string, more = 0): number {
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | more, MODE)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new Error('not a regular file')
    if (stat.nlink > 1) throw new Error('it has a second link')
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * The bytes of a file, the first `bytes` of them where that is given; null where there is none. Throws for what is no
 * file, or has more than `most` bytes.
 */
export function readOwn(path: string, most: number, bytes?: number): Buffer | null {
  let fd: number
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new Error('not a regular file')
    if (stat.size > most) throw new Error(`it has more than ${most} bytes`)
    if (bytes === undefined) return readFileSync(fd)
    const start = Buffer.alloc(bytes)
    return start.subarray(0, readSync(fd, start, 0, bytes, 0))
  } finally {
    closeSync(fd)
  }
}

/** Puts a file (0640) in the place of another, whole or not at all; `sync` makes its bytes durable before. */
export async function replaceOwn(
  path: string,
  content: string | Uint8Array,
  sync: boolean,
): Promise<void> {
  const fresh = `${path}.tmp`
  const fd = createOwn(fresh)
  try {
    writeFileSync(fd, content)
    if (sync) await datasync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(fresh, path)
}

/** A new file; what stood under its name goes. */
function createOwn(path: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
  try {
    return openSync(path, flags, MODE)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  unlinkSync(path)
  return openSync(path, flags, MODE)
}

/**
 * Makes a directory (0750) where it is missing. Rejects where it is a link, belongs to another user
 * (root may use any), or others may write to it: they could put another one in its place.
 */
export async function makeOwn(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
  const stat = await lstat(path)
  const user = process.geteuid?.()
  if (!stat.isDirectory()) throw new Error('it is no directory, or a symbolic link to one')
  if (user !== 0 && stat.uid !== user) throw new Error('it belongs to another user')
  if ((stat.mode & WRITE_BY_OTHERS) !== 0)
    throw new Error(`others may write to it: chmod go-w ${path}`)
}

/** Why a file cannot be used, for people. */
export function whyNot(error: unknown): string {
  return codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : reasonOf(error)
}
