/** Tells how full the spool is: its reader what it may hold, in a file; the operator when it fills up. */

import { constants } from 'node:fs'
import { rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fillLevel, formatRoom, ROOM_FILE } from '../spool/room-line.ts'
import { close, open, writeAt } from './disk.ts'
import type { Notes } from './notes.ts'
import { Severity } from './notes.ts'
import type { Room } from './room.ts'

const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants

/** Watches the fill of one spool. */
export class Fill {
  readonly #path: string
  readonly #room: Room
  readonly #notes: Notes
  #told = ''
  #level = 0

  constructor(directory: string, room: Room, notes: Notes) {
    this.#path = join(directory, ROOM_FILE)
    this.#room = room
    this.#notes = notes
  }

  /** Tells what has changed. Never rejects: what could not be told is told the next time. */
  async look(): Promise<void> {
    if (!this.#room.isKnown) return
    const { used, capacity } = this.#room
    const level = fillLevel(used / capacity, this.#level)
    if (level > this.#level) {
      const share = Math.floor((100 * used) / capacity)
      this.#notes.say(
        Severity.Warning,
        `the spool holds ${used} bytes, ${share} % of what it can: what reads it does not keep up`,
      )
    }
    this.#level = level
    const line = formatRoom(this.#room)
    if (line === this.#told) return
    this.#told = await replace(this.#path, line).then(
      () => line,
      () => '',
    )
  }
}

/** Not synced: it is written again by every shim. */
async function replace(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.tmp`
  await unlink(fresh).catch(() => undefined)
  const fd = await open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o640)
  try {
    await writeAt(fd, [Buffer.from(text)], 0)
  } finally {
    await close(fd)
  }
  await rename(fresh, path)
}
