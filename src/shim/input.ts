/**
 * Standard input, whatever it is. Sockets and pipes go through `net.Socket`, right into the memory that
 * is given for it (a `readSync` loop never runs its signal handlers, and `fs.read(0)` hangs
 * `process.exit`); only files are read with `fs`. A file can wait, so it is read no faster than it is
 * written.
 */

import { fstatSync } from 'node:fs'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import { Socket } from 'node:net'
import { isatty } from 'node:tty'
import { ExitCode, Failure } from '../model/failure.ts'
import { readNext } from './disk.ts'

/** Bytes of one read: what a pipe holds. */
const READ_BYTES = 64 * 1024
/** Bytes of one read of a file. */
const FILE_READ_BYTES = 256 * 1024
/** A read below this found the stream all but empty: more will come together after a pause. */
const SMALL_READ = 4096
/** Pause after a small read. auditd's socket and queue hold more than comes in 5 ms at 100 k records/s. */
const PAUSE_MS = 5
/** Pause when more than this came since the last one: at 100 k records/s its socket holds 2 ms. */
const FAST_BYTES = 16 * 1024
const FAST_PAUSE_MS = 1
/** No pause after this long without a read: what comes alone costs a wake-up less, and the read after it has one. */
const CALM_MS = 50

/** What input asks for and tells. `error` is null at a regular end. */
export interface InputHandlers {
  /** Memory for the next read, of so many bytes at most. */
  readonly room: (most: number) => Uint8Array
  /**
   * The first `size` bytes of what `room` gave last were read; with `drained`, there was hardly more.
   * They are the handler's only until it returns, unless the memory is its own.
   */
  readonly data: (bytes: Uint8Array, size: number, drained: boolean) => void
  readonly end: (error: Error | null) => void
}

/** How input waits between small reads: the whole thread for so many milliseconds, or itself alone. */
export type Rest = 'thread' | 'input'

/** An open input. Both calls may be repeated. */
export interface Input {
  /** True for a file: it loses nothing by waiting. */
  readonly patient: boolean
  /** Reads no more until `resume`. */
  pause(): void
  resume(): void
  /** Reads nothing more. */
  close(): void
}

/** Starts reading a descriptor. Throws a `Failure` for a terminal or a directory. */
export function openInput(fd: number, rest: Rest, handlers: InputHandlers): Input {
  const stat = fstatSync(fd)
  if (isatty(fd) || stat.isDirectory()) {
    const kind = stat.isDirectory() ? 'a directory' : 'a terminal'
    throw new Failure(
      ExitCode.Usage,
      `standard input is ${kind}: it must be a pipe, socket or file`,
    )
  }
  return stat.isSocket() || stat.isFIFO() ? openStream(fd, rest, handlers) : openFile(fd, handlers)
}

function openStream(fd: number, rest: Rest, handlers: InputHandlers): Input {
  let held = false
  let ended = false
  let bytesSincePause = 0
  let readAt = -Infinity
  const end = (error: Error | null) => {
    if (!ended) handlers.end(error)
    ended = true
  }
  const goOn = () => {
    if (!held && !ended) socket.resume()
  }
  const onread: OnReadOpts = {
    buffer: () => handlers.room(READ_BYTES),
    callback: (size, bytes) => {
      const drained = size < SMALL_READ
      handlers.data(bytes, size, drained)
      bytesSincePause += size
      const before = readAt
      readAt = performance.now()
      if (!drained || held) return !held
      if (readAt - before >= CALM_MS) return true
      const pause = bytesSincePause < FAST_BYTES ? PAUSE_MS : FAST_PAUSE_MS
      bytesSincePause = 0
      if (rest === 'thread') return sleep(pause)
      setTimeout(goOn, pause)
      return false
    },
  }
  // The types know `onread` only for connecting sockets; a descriptor takes it as well.
  const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd, writable: false, onread }
  const socket = new Socket(options)
  socket.on('end', () => end(null))
  socket.on('error', end)
  socket.on('close', () => end(null))
  socket.resume()
  return {
    patient: false,
    pause: () => {
      held = true
    },
    resume: () => {
      if (!held) return
      held = false
      goOn()
    },
    close: () => {
      ended = true
      socket.destroy()
    },
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Without the JIT a timer costs a tenth of a millisecond, this a tenth of that. */
function sleep(ms: number): true {
  Atomics.wait(cell, 0, 0, ms)
  return true
}

function openFile(fd: number, handlers: InputHandlers): Input {
  let held = false
  let reading = false
  const read = async () => {
    if (reading) return
    reading = true
    try {
      for (;;) {
        const bytes = handlers.room(FILE_READ_BYTES)
        const size = await readNext(fd, bytes)
        if (size === 0) return handlers.end(null)
        handlers.data(bytes, size, false)
        if (held) break
      }
      reading = false
    } catch (error) {
      handlers.end(error as Error)
    }
  }
  void read()
  return {
    patient: true,
    pause: () => {
      held = true
    },
    resume: () => {
      held = false
      void read()
    },
    close: () => {
      held = true
    },
  }
}
