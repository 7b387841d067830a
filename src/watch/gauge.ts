import type { Said } from '../model/reading.ts'
import { type AuditSocket, auditSockets } from './netlink.ts'

/**
 * Bytes in auditd's socket from which the kernel is not asked: a quarter of the usual receive buffer
 * (net.core.rmem_default, 212,992), which auditd leaves as it is.
 */
const FILLING_BYTES = 53_248

/** Follows auditd's socket in /proc/net/netlink, which costs the kernel nothing. */
export class Gauge {
  readonly #interval: number
  readonly #tell: (said: Said) => void
  /** auditd's process by the last status, 0 for none. */
  #auditd: number | null = null
  #socket: AuditSocket | null = null
  #toldAt = -Infinity

  /**
   * Tells the socket every `interval` ms, at once when sends failed, the socket is gone or has room
   * again, and at every look while it is filling.
   */
  constructor(interval: number, tell: (said: Said) => void) {
    this.#interval = interval
    this.#tell = tell
  }

  /** The kernel has more for auditd than that reads: not the time to ask it anything. */
  get isFilling(): boolean {
    return (this.#socket?.rmem ?? 0) >= FILLING_BYTES
  }

  /** The kernel says which process auditd is. */
  know(pid: number | null): void {
    this.#auditd = pid
  }

  /** Takes the text of /proc/net/netlink; `now` in ms of a clock that does not jump. */
  look(text: string, now: number): void {
    const sockets = auditSockets(text)
    const before = this.#socket
    const wasFilling = this.isFilling
    const socket = sockets.find(({ pid }) => pid === this.#auditd) ?? fullest(sockets)
    this.#socket = socket
    if (before !== null && before.pid === this.#auditd && socket?.pid !== before.pid) {
      this.#auditd = null
      this.#tell({ kind: 'auditd', says: 'absent', pid: before.pid })
    }
    if (socket === null) return
    const changed = before?.pid !== socket.pid || before.drops !== socket.drops
    const isDue = now - this.#toldAt >= this.#interval || this.isFilling || wasFilling
    if (!changed && !isDue) return
    this.#toldAt = now
    this.#tell({ kind: 'netlink', ...socket })
  }
}

function fullest(sockets: readonly AuditSocket[]): AuditSocket | null {
  return sockets.toSorted((a, b) => b.rmem - a.rmem)[0] ?? null
}
