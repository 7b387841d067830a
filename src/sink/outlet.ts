import { fdatasync, fstatSync, writev } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'

const writevIn = promisify(writev)
const datasync = promisify(fdatasync)

/** Where bytes go. */
export interface Outlet {
  /** Writes all of `parts`, in order; settles when their memory may be reused. */
  write(parts: readonly Uint8Array[]): Promise<void>
  /** Settles when all that was written is as durable as it gets here. */
  sync(): Promise<void>
}

/**
 * Writes `parts` to a regular file or device whole: what a short write left over goes into the next.
 */
export async function writeWhole(fd: number, parts: readonly Uint8Array[]): Promise<void> {
  let rest = leftOf(parts, 0)
  while (rest.length > 0) rest = leftOf(rest, await writevTo(fd, rest))
}

/** One write in another thread; gives the bytes written, which may be fewer than all. */
export async function writevTo(fd: number, parts: readonly Uint8Array[]): Promise<number> {
  return (await writevIn(fd, parts)).bytesWritten
}

/** Bytes of all parts. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((size, { length }) => size + length, 0)
}

/** What is left of `parts` after their first `written` bytes. */
export function leftOf(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = []
  let gone = written
  for (const part of parts) {
    if (gone < part.length) left.push(gone > 0 ? part.subarray(gone) : part)
    gone = Math.max(0, gone - part.length)
  }
  return left
}

/** A Node stream over a pipe, as far as an outlet needs it. */
export type ByteStream = Pick<Writable, 'on' | 'write' | 'cork' | 'uncork'>

/**
 * An outlet to standard output. A pipe, socket or terminal goes through Node's stream, since a blocked
 * write in a thread would hold up the end of the process; anything else is written directly, since
 * that stream forgets what a short write to a file left over.
 */
export function standardOutlet(): Outlet {
  const stat = fstatSync(1)
  return stat.isFIFO() || stat.isSocket() || isatty(1)
    ? streamOutlet(process.stdout)
    : fileOutlet(1, stat.isFile())
}

/** An outlet to a descriptor whose writes do not wait for a reader; `durable` where it can be synced. */
export function fileOutlet(fd: number, durable: boolean): Outlet {
  return {
    write: (parts) => writeWhole(fd, parts).catch(fail),
    sync: async () => {
      if (durable) await datasync(fd).catch(fail)
    },
  }
}

/** An outlet to a pipe; a reader that left is a `Failure` with `ExitCode.Ok`. */
export function streamOutlet(stream: ByteStream): Outlet {
  // Errors reach the callback of the write they belong to; without a listener they end the process.
  stream.on('error', () => {})
  return {
    write: (parts) =>
      new Promise((resolve, reject) => {
        const last = parts.length - 1
        if (last < 0) return resolve()
        stream.cork()
        parts.forEach((part, i) => {
          if (i < last) stream.write(part)
          else stream.write(part, (error) => (error ? reject(failure(error)) : resolve()))
        })
        stream.uncork()
      }),
    sync: async () => {},
  }
}

function fail(error: unknown): never {
  throw failure(error)
}

/** What a write gives when its reader has left, before and after the stream has noticed. */
const GONE = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** What a failed write to standard output means: a reader that left is an end, not a mistake. */
function failure(error: unknown): Failure {
  return GONE.has(codeOf(error) ?? '')
    ? new Failure(ExitCode.Ok, 'the reader of standard output is gone', { cause: error })
    : new Failure(ExitCode.Sink, `cannot write standard output: ${reasonOf(error)}`, {
        cause: error,
      })
}
