import type { Author } from '../../model/author.ts'
import type { Message } from '../../model/delivery.ts'
import { auditDisabled, auditEnabled } from './tamper-alerts.ts'

/** Milliseconds behind a switch in which events of before may still come: calls that had begun. */
const LATE_MS = 1000

/** Whether auditing is on, in the checkpoint. */
export interface EnabledState {
  /** 0 off, 1 on, 2 locked; null where not known. */
  readonly enabled: number | null
  /** When it was switched off, ms since the epoch; null while it is on. */
  readonly disabledAt: number | null
}

/** Follows whether auditing is on at a node. */
export class Enabled {
  readonly #node: string
  readonly #emitAlert: (alert: Message) => void
  #state: EnabledState

  constructor(
    node: string,
    emitAlert: (alert: Message) => void,
    state: EnabledState = { enabled: null, disabledAt: null },
  ) {
    this.#node = node
    this.#emitAlert = emitAlert
    this.#state = state
  }

  /** It is off, as far as known. */
  get isOff(): boolean {
    return this.#state.disabledAt !== null
  }

  /** The kernel says so at a time, ms since the epoch. */
  take(enabled: number | null, time: number): void {
    const { enabled: was, disabledAt } = this.#state
    if (enabled === null || (disabledAt !== null && time < disabledAt)) return
    this.#state = { enabled, disabledAt }
    if (enabled === 0 && was !== null && was > 0) this.#switchOff(time, null)
    else if (enabled > 0) this.#switchOn(time)
  }

  /** A record says that somebody set it. */
  set(enabled: number, stamp: number, by: Author): void {
    if (enabled === 0) this.#switchOff(stamp, by)
    else this.#switchOn(stamp)
  }

  /** The kernel made an event. */
  hear(stamp: number): void {
    const { disabledAt } = this.#state
    if (disabledAt !== null && stamp > disabledAt + LATE_MS) this.#switchOn(stamp)
  }

  /** Another kernel: that it is off at first is nothing to tell. */
  reboot(): void {
    if (!this.isOff) this.#state = { enabled: null, disabledAt: null }
  }

  /** For the checkpoint. */
  state(): EnabledState {
    return this.#state
  }

  #switchOff(time: number, by: Author | null): void {
    if (this.isOff) return
    this.#state = { enabled: 0, disabledAt: time }
    this.#emitAlert(auditDisabled(this.#node, time, by))
  }

  #switchOn(time: number): void {
    const { disabledAt, enabled } = this.#state
    if (disabledAt === null) return
    this.#state = { enabled: enabled === 0 ? 1 : enabled, disabledAt: null }
    this.#emitAlert(auditEnabled(this.#node, disabledAt, time))
  }
}
