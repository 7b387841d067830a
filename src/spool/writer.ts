/** The life of a segment's writer, as far as this process can see it. */

import { readFileSync, readlinkSync } from 'node:fs'
import type { SegmentHeader } from './format.ts'
import { processStart } from './format.ts'

/** Interval of the look whether it still lives. */
const LIVENESS_MS = 250
/** Interval of the look whether a newer one is there. */
const NEWER_MS = 5000
/** Time after which it is said that it keeps a newer one waiting. */
const WAITING_MS = 10_000
/** Silence after which one of another pid namespace counts as gone, once a newer one is there. */
const SILENCE_MS = 60_000

/** What the spool around a writer says; asked only when needed. */
export interface Surroundings {
  /** The highest epoch there is. */
  newestEpoch(): number
  /** When the segment was last written, in ms. */
  writtenMs(): number
  /** Called once when it keeps a newer writer waiting. */
  waiting(newer: number): void
}

/** One writer process. */
export class Writer {
  readonly header: SegmentHeader
  #gone = false
  #lookedAt = -Infinity
  #newerAt = -Infinity
  #newerSince = 0
  #saidWaiting = false

  constructor(header: SegmentHeader) {
    this.header = header
  }

  /** True once its process is gone. It may have written something since the last look at its file. */
  isGone(around: Surroundings): boolean {
    const now = performance.now()
    if (this.#gone || now - this.#lookedAt < LIVENESS_MS) return this.#gone
    this.#lookedAt = now
    const liveness = livenessOf(this.header)
    this.#gone = liveness === 'gone' || this.#isSilent(around, liveness === 'unknown', now)
    return this.#gone
  }

  #isSilent(around: Surroundings, isForeign: boolean, now: number): boolean {
    if (now - this.#newerAt < NEWER_MS) return false
    this.#newerAt = now
    const newer = around.newestEpoch()
    if (newer <= this.header.epoch) return false
    if (this.#newerSince === 0) this.#newerSince = now
    const waited = now - this.#newerSince
    const silence = Date.now() - around.writtenMs()
    if (isForeign && waited >= SILENCE_MS && silence >= SILENCE_MS) return true
    if (waited >= WAITING_MS && !this.#saidWaiting) {
      this.#saidWaiting = true
      around.waiting(newer)
    }
    return false
  }
}

/** `unknown`: its pid counts in another namespace, as seen from a container. */
function livenessOf(writer: SegmentHeader): 'alive' | 'gone' | 'unknown' {
  if (bootId() !== writer.boot) return 'gone'
  if (pidNamespace() !== writer.pidNamespace) return 'unknown'
  try {
    process.kill(writer.pid, 0)
  } catch (error) {
    // EPERM: it is there and another user's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone'
  }
  const started = startOf(writer.pid)
  return started === null || started === writer.started ? 'alive' : 'gone'
}

/** Null where /proc hides other users' processes. */
function startOf(pid: number): number | null {
  try {
    return processStart(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return null
  }
}

let boot: string | null = null
let namespace: number | null = null

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return boot
}

function pidNamespace(): number {
  namespace ??= Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0])
  return namespace
}
