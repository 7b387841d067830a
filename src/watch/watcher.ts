import { reasonOf } from '../model/failure.ts'
import type { Said } from '../model/reading.ts'
import { KernelLog } from './kernel-log.ts'
import { type AuditSocket, auditSockets } from './netlink.ts'
import { parseStatus } from './status.ts'
import type { Views } from './views.ts'

/**
 * Looks at the kernel's audit queue from outside.
 *
 * ```
 *  kernel log          ── every line about audit ──────────────────────┐
 *  /proc/net/netlink   ── every second; told when it changed ──────────┼──► readings
 *  auditctl -s         ── every interval, unless auditd's socket is ───┘
 *                         filling up: then the question would wait in
 *                         the queue of those it is about
 * ```
 *
 * A question to a kernel whose queue is full sleeps among the processes that wait for room, and takes
 * the one wake-up that was meant for them. The queue is full only while auditd's socket is, since the
 * kernel moves records from one into the other: so the socket, which can be looked at for nothing, says
 * when not to ask.
 */

const LOOK_MS = 1000
/** Milliseconds after which an answer is late: without waiting for room it takes two or three. */
const LATE_MS = 100
/**
 * Bytes in auditd's socket from which the kernel is not asked: a quarter of the usual receive buffer
 * (net.core.rmem_default, 212,992), which auditd leaves as it is.
 */
const FILLING_BYTES = 53_248

export interface WatcherOptions {
  readonly views: Views
  /** Milliseconds between two questions to the kernel. */
  readonly interval: number
  /** Takes a reading; may throw. */
  readonly tell: (said: Said) => void
  /** Takes what cannot be read or written, in words, once each. */
  readonly onTrouble: (trouble: string) => void
}

/** A watcher. Made, run once, gone. */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #troubles = new Set<string>()
  /** auditd's process by the last status. */
  #auditd: number | null = null
  #socket: AuditSocket | null = null
  #toldSocketAt = -Infinity
  /** When the kernel was asked, or not asked because of the lag. */
  #askedAt = -Infinity
  #toldLagAt = -Infinity
  #asking = false

  constructor(options: WatcherOptions) {
    this.#options = options
  }

  /** Watches until `stop`. A question that has no answer then is left to itself. */
  async run(stop: AbortSignal): Promise<void> {
    const ticker = setInterval(() => void this.#look(), LOOK_MS)
    try {
      void this.#look()
      await Promise.all([this.#followKernelLog(stop), aborted(stop)])
    } finally {
      clearInterval(ticker)
    }
  }

  async #followKernelLog(stop: AbortSignal): Promise<void> {
    const log = new KernelLog()
    try {
      for await (const line of this.#options.views.kernelLog(stop)) {
        const note = log.read(line)
        if (note !== null) this.#tell({ kind: 'kmsg', ...note })
      }
    } catch (error) {
      this.#trouble('cannot read the kernel log', error)
    }
  }

  async #look(): Promise<void> {
    const now = performance.now()
    this.#lookAtSocket(now)
    const { interval } = this.#options
    if (this.#asking || now - this.#askedAt < interval - LOOK_MS / 2) return
    if ((this.#socket?.rmem ?? 0) < FILLING_BYTES) {
      this.#askedAt = now
      await this.#ask()
    } else if (now - this.#toldLagAt >= interval) {
      this.#toldLagAt = now
      this.#tell({ kind: 'unknown', why: 'lag' })
    }
  }

  #lookAtSocket(now: number): void {
    const { views, interval } = this.#options
    try {
      const sockets = auditSockets(views.netlink())
      const before = this.#socket
      const socket = sockets.find(({ pid }) => pid === this.#auditd) ?? fullest(sockets)
      this.#socket = socket
      if (socket === null) return
      const changed = before?.pid !== socket.pid || before.drops !== socket.drops
      if (!changed && now - this.#toldSocketAt < interval) return
      this.#toldSocketAt = now
      const { pid, rmem, drops } = socket
      this.#tell({ kind: 'netlink', pid, rmem, drops })
    } catch (error) {
      this.#trouble('cannot read /proc/net/netlink', error)
    }
  }

  async #ask(): Promise<void> {
    const { views } = this.#options
    this.#asking = true
    const asked = performance.now()
    const late = setTimeout(() => this.#tell({ kind: 'unknown', why: 'waiting' }), LATE_MS)
    try {
      const status = parseStatus(await views.status())
      if (status === null) throw new Error('auditctl -s printed no status')
      const took = Math.round(performance.now() - asked)
      this.#auditd = status.pid
      this.#tell({ kind: 'status', took_ms: took, ...status })
    } catch (error) {
      this.#tell({ kind: 'unknown', why: 'failed', reason: reasonOf(error) })
      this.#trouble('cannot read the status of the kernel', error)
    } finally {
      clearTimeout(late)
      this.#asking = false
    }
  }

  /** A reading that cannot be written is missed; the next one may be written again. */
  #tell(said: Said): void {
    try {
      this.#options.tell(said)
    } catch (error) {
      this.#trouble('cannot write a reading', error)
    }
  }

  #trouble(what: string, error: unknown): void {
    const trouble = `${what}: ${reasonOf(error)}`
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    this.#options.onTrouble(trouble)
  }
}

function fullest(sockets: readonly AuditSocket[]): AuditSocket | null {
  return sockets.toSorted((a, b) => b.rmem - a.rmem)[0] ?? null
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
