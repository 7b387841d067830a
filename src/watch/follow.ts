import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../model/failure.ts'

/**
 * Milliseconds between two looks. The kernel log cannot wake a Node program without blocking a thread, and what it
 * says is to be told within two seconds.
 */
const LOOK_MS = 500
/** A read of /dev/kmsg gives one record whole, of 8 KiB at most (CONSOLE_EXT_LOG_MAX), or fails. */
const READ_BYTES = 64 * 1024

/**
 * What is written from now on to a file, followed through rotation and truncation, or to /dev/kmsg.
 * Ends with `stop`.
 */
export async function* follow(path: string, stop: AbortSignal): AsyncGenerator<Uint8Array> {
  let file = openEnd(path)
  try {
    while (!stop.aborted) {
      for (let bytes = file.read(); bytes !== null; bytes = file.read()) yield bytes
      if (file.isOver()) {
        file.close()
        file = open(path)
        continue
      }
      await sleep(LOOK_MS, null, { signal: stop }).catch(() => {})
    }
  } finally {
    file.close()
  }
}

interface Followed {
  /** The next bytes, or null when there are none now. */
  read(): Uint8Array | null
  /** Another file has its name now. */
  isOver(): boolean
  close(): void
}

function openEnd(path: string): Followed {
  const file = open(path)
  while (file.read() !== null);
  return file
}

function open(path: string): Followed {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const opened = fstatSync(fd)
  const buffer = Buffer.alloc(READ_BYTES)
  // A device has no places: each read is the next record.
  let place = opened.isFile() ? 0 : null
  return {
    read: () => {
      const size = readSome(fd, buffer, place)
      if (size === 0) return null
      if (place !== null) place += size
      return Uint8Array.from(buffer.subarray(0, size))
    },
    isOver: () => {
      if (place === null) return false
      const now = statSync(path, { throwIfNoEntry: false })
      return now !== undefined && (now.ino !== opened.ino || now.size < place)
    },
    close: () => closeSync(fd),
  }
}

/** Bytes read, 0 when there are none now. Records that the kernel overwrote before they were read are gone. */
function readSome(fd: number, buffer: Buffer, place: number | null): number {
  for (;;) {
    try {
      return readSync(fd, buffer, 0, buffer.length, place)
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return 0
      if (codeOf(error) !== 'EPIPE') throw error
    }
  }
}
