import type { Message } from '../model/delivery.ts'
import type { AlertStatus, Status } from '../model/status.ts'

/** Alerts kept at most. */
const MOST_OPEN = 50
const MOST_RECENT = 10

/** What is wrong at the moment and what was told last, for the status file. */
export class AlertBoard {
  readonly #open = new Map<string, Message>()
  #recent: readonly Message[] = []
  readonly #onAlert: (alert: Message) => void
  /** Alerts taken so far. */
  taken = 0

  /** `onAlert` is told of each alert that is taken. */
  constructor(onAlert: (alert: Message) => void = () => {}) {
    this.#onAlert = onAlert
  }

  /** Takes an alert, whoever sends it. */
  take(alert: Message): void {
    this.taken++
    this.#recent = [alert, ...this.#recent].slice(0, MOST_RECENT)
    const key = String(alert['dedup_key'])
    this.#open.delete(key)
    if (alert['status'] === 'firing' && alert['ends_at'] === null) this.#open.set(key, alert)
    const first = this.#open.keys().next().value
    if (this.#open.size > MOST_OPEN && first !== undefined) this.#open.delete(first)
    this.#onAlert(alert)
  }

  /** The sink is closed: the next one finds out for itself what is wrong with it. */
  forgetSink(): void {
    for (const key of this.#open.keys()) if (key.startsWith('kafka.')) this.#open.delete(key)
  }

  /** Those that fire and have not ended, and the last ones of all, newest first. */
  status(): Status['alerts'] {
    const alerts = (of: Iterable<Message>): AlertStatus[] => [...of] as unknown as AlertStatus[]
    return { open: alerts(this.#open.values()), recent: alerts(this.#recent) }
  }
}
