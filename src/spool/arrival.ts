/**
 * When to look for new frames: at the directory's change events and once a second, or every 20 ms
 * while they come faster than that is worth. Watching costs next to nothing on a quiet stream, but a
 * tenth of a core at 5,000 writes a second; looking every 20 ms costs the same on each.
 */

import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'

const LOOK_MS = 20
/** Frames that come at shorter intervals are not worth an event each. */
const QUICK_MS = 50
/** A silent look all the same: the end of a writer changes no file. */
const IDLE_LOOK_MS = 1000
/** Where the kernel gives no watch: the most looks that still count as idle. */
const BLIND_LOOK_MS = 250

/** Paces the looks of one reader. */
export class Arrival {
  readonly #directory: string
  #watcher: FSWatcher | null = null
  #blind = false
  #changed = false
  #renamed = false
  #mayHaveNew = true
  #found = false
  #foundAt = -Infinity
  #paced = false
  #wake: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #timerMs = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Frames come at shorter intervals than are worth an event each. */
  get isPaced(): boolean {
    return this.#paced
  }

  /** False where all that has happened since the look before is that files were written to. */
  get mayHaveNew(): boolean {
    return this.#mayHaveNew
  }

  /** The last look found something that more is likely to follow. */
  found(): void {
    this.#found = true
  }

  /** Settles when it is time to look; at once after `signal` was aborted. */
  async wait(signal?: AbortSignal): Promise<void> {
    const now = performance.now()
    const isQuick = now - this.#foundAt < QUICK_MS
    if (this.#found) this.#foundAt = now
    this.#paced = isQuick && (this.#paced || this.#found)
    this.#found = false
    this.#mayHaveNew = true
    if (this.#paced) this.#unwatch()
    if (signal?.aborted) return
    if (this.#paced) return this.#sleep(LOOK_MS, signal)
    // What came between the last look and the watch has no event: look again after arming.
    if (!this.#watcher && !this.#blind && this.#arm()) return
    if (!this.#changed) await this.#sleep(this.#blind ? BLIND_LOOK_MS : IDLE_LOOK_MS, signal)
    this.#mayHaveNew = this.#renamed || !this.#changed
    this.#changed = this.#renamed = false
  }

  /** Stops watching. */
  close(): void {
    this.#unwatch()
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = null
    this.#changed = this.#renamed = false
  }

  #arm(): boolean {
    try {
      this.#watcher = watch(this.#directory, (event) => {
        this.#changed = true
        if (event === 'rename') this.#renamed = true
        this.#wake?.()
      })
      this.#watcher.on('error', () => this.#goBlind())
      return true
    } catch {
      this.#goBlind()
      return false
    }
  }

  #goBlind(): void {
    this.#blind = true
    this.#unwatch()
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake)
        this.#wake = null
        resolve()
      }
      signal?.addEventListener('abort', wake)
      this.#wake = wake
      this.#wakeIn(ms)
    })
  }

  /** One timer that is set again and again: to make and drop one for each look costs more than to look. */
  #wakeIn(ms: number): void {
    if (this.#timer && this.#timerMs === ms) {
      this.#timer.refresh()
      return
    }
    if (this.#timer) clearTimeout(this.#timer)
    this.#timerMs = ms
    this.#timer = setTimeout(() => this.#wake?.(), ms)
  }
}
