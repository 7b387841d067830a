/** The few file calls the shim makes, each one asynchronous: a slow disk must not reach stdin. */

import fs from 'node:fs'
import { promisify } from 'node:util'

export const open: (path: string, flags: number, mode: number) => Promise<number> = promisify(
  fs.open,
)
export const close: (fd: number) => Promise<void> = promisify(fs.close)
export const fdatasync: (fd: number) => Promise<void> = promisify(fs.fdatasync)
const fsync: (fd: number) => Promise<void> = promisify(fs.fsync)

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY, 0)
  try {
    await fsync(fd)
  } finally {
    await close(fd)
  }
}

/** One write at a position; resolves to the bytes written, which may be fewer. One part alone is cheaper than a list. */
export function writeAt(
  fd: number,
  parts: readonly Uint8Array[],
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, written: number) =>
      error ? reject(error) : resolve(written)
    if (parts.length === 1) fs.write(fd, parts[0], 0, parts[0].length, position, done)
    else fs.writev(fd, parts, position, done)
  })
}

/** One read at the file's own position; resolves to the bytes read, 0 at its end. */
export function readNext(fd: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, null, (error, got) => (error ? reject(error) : resolve(got)))
  })
}

/** Resolves after so many milliseconds. */
export const sleep: (ms: number) => Promise<void> = promisify(setTimeout)

/** What an error says in one line: its code where it has one. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
