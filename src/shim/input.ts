/**
 * Standard input, whatever it is. Sockets and pipes go through `net.Socket` with one buffer (a
 * `readSync` loop never runs its signal handlers, and `fs.read(0)` hangs `process.exit`); only files are
 * read with `fs`. A file can wait, so it is read no faster than it is written.
 */

import { fstatSync } from 'node:fs'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import { Socket } from 'node:net'
import { isatty } from 'node:tty'
import { ExitCode, Failure } from '../model/failure.ts'
import { readNext } from './disk.ts'

/** Bytes of one read at most. auditd's socket holds less (net.core.wmem_default, 208 KiB). */
const READ_BYTES = 256 * 1024
/** A read below this found the stream all but empty: more will come together after a pause. */
const SMALL_READ = 4096
/** Pause after a small read. At 100 k records/s auditd's socket holds 2 ms. */
const PAUSE_MS = 2

/** What input tells. `error` is null at a regular end. */
export interface InputHandlers {
  /** The bytes are the handler's only until it returns. */
  readonly data: (bytes: Buffer) => void
  readonly end: (error: Error | null) => void
}

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
export function openInput(fd: number, handlers: InputHandlers): Input {
  const stat = fstatSync(fd)
  if (isatty(fd) || stat.isDirectory()) {
    const kind = stat.isDirectory() ? 'a directory' : 'a terminal'
    throw new Failure(
      ExitCode.Usage,
      `standard input is ${kind}: it must be a pipe, socket or file`,
    )
  }
  return stat.isSocket() || stat.isFIFO() ? openStream(fd, handlers) : openFile(fd, handlers)
}

function openStream(fd: number, handlers: InputHandlers): Input {
  let held = false
  let ended = false
  const end = (error: Error | null) => {
    if (!ended) handlers.end(error)
    ended = true
  }
  const goOn = () => {
    if (!held && !ended) socket.resume()
  }
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const onread: OnReadOpts = {
    buffer,
    callback: (size) => {
      handlers.data(buffer.subarray(0, size))
      if (size >= SMALL_READ) return !held
      setTimeout(goOn, PAUSE_MS)
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

function openFile(fd: number, handlers: InputHandlers): Input {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let held = false
  let reading = false
  const read = async () => {
    if (reading) return
    reading = true
    try {
      for (;;) {
        const size = await readNext(fd, buffer)
        if (size === 0) return handlers.end(null)
        handlers.data(buffer.subarray(0, size))
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
