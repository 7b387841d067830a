import type { Author } from '../../model/author.ts'
import type { Message } from '../../model/delivery.ts'
import { auditdStarted, auditdStopped, type Ending } from './tamper-alerts.ts'

/** Milliseconds behind a stop in which readings may still show auditd as it was. */
const LATE_MS = 2000
/** Milliseconds without an auditd after which a stop that was asked for is no restart any more. */
const LONG_MS = 60_000

/** auditd of a node in the checkpoint. Times in ms since the epoch. */
export interface DaemonState {
  /** It was there. */
  readonly seen: boolean
  /** Since when it is known not to be there. */
  readonly goneAt: number | null
  /** What was told of it: a warning or worse. */
  readonly told: 'warning' | 'critical' | null
}

/** Follows whether auditd of a node runs. */
export class Daemon {
  readonly #node: string
  readonly #emitAlert: (alert: Message) => void
  #state: DaemonState

  constructor(
    node: string,
    emitAlert: (alert: Message) => void,
    state: DaemonState = { seen: false, goneAt: null, told: null },
  ) {
    this.#node = node
    this.#emitAlert = emitAlert
    this.#state = state
  }

  /** A record says that it began. */
  start(stamp: number): void {
    this.#begin(stamp)
  }

  /** A record says that it ended: asked to, or by itself. */
  end(stamp: number, ending: 'ended' | 'aborted', by: Author): void {
    const { goneAt } = this.#state
    if (goneAt === null || this.#state.told === null) this.#stop(stamp, ending, by)
  }

  /** The kernel says which process it is, 0 for none. */
  takePid(pid: number | null, time: number): void {
    const { seen, goneAt, told } = this.#state
    if (pid === null) return
    if (pid > 0) {
      if (goneAt === null || time > goneAt + LATE_MS) this.#begin(time)
    } else if (goneAt === null) {
      if (seen) this.#stop(time, 'killed', null)
      else this.#state = { seen, goneAt: time, told }
    } else if (time - goneAt >= LONG_MS && told !== 'critical')
      this.#stop(goneAt, 'missing', null, time)
  }

  /** Its socket is gone. */
  miss(time: number): void {
    if (this.#state.goneAt === null) this.#stop(time, 'killed', null)
  }

  /** Another kernel: that auditd is not there at first is nothing to tell. */
  reboot(): void {
    if (this.#state.told === null) this.#state = { seen: false, goneAt: null, told: null }
  }

  /** For the checkpoint. */
  state(): DaemonState {
    return this.#state
  }

  #begin(time: number): void {
    const { goneAt, told } = this.#state
    this.#state = { seen: true, goneAt: null, told: null }
    if (goneAt !== null && told !== null) this.#emitAlert(auditdStarted(this.#node, goneAt, time))
  }

  #stop(at: number, ending: Ending, by: Author | null, time: number = at): void {
    const told = ending === 'ended' ? 'warning' : 'critical'
    this.#state = { seen: true, goneAt: at, told }
    this.#emitAlert(auditdStopped({ node: this.#node, at, time, ending, by, severity: told }))
  }
}
