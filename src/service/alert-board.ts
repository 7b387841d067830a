import { timeText } from '../model/alert.ts'
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
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#least)
    this.#onAlert(alert)
  }

  /** Those that fire and have not ended, for the checkpoint. */
  get open(): readonly Message[] {
    return [...this.#open.values()]
  }

  /** Goes on with what was open at a checkpoint. */
  restore(open: readonly Message[]): void {
    for (const alert of open) this.#open.set(String(alert['dedup_key']), alert)
  }

  /**
   * Takes off what nobody follows any more; `now` in ms since the epoch. Gives the alerts that withdraw
   * it, with `why` in their texts.
   */
  withdraw(isOf: (type: string) => boolean, why: string, now: number): Message[] {
    const time = timeText(now)
    return this.open
      .filter(({ type }) => isOf(String(type)))
      .map((alert) => {
        this.#open.delete(String(alert['dedup_key']))
        const text = `No longer followed, since ${why}: ${String(alert['text'])}`
        return { ...alert, severity: 'info', status: 'resolved', time, ends_at: time, text }
      })
  }

  /** The oldest of those that matter least. */
  get #least(): string {
    const of = (severity: string): Message | undefined =>
      this.open.find((alert) => alert['severity'] === severity)
    return String((of('info') ?? of('warning') ?? this.open[0])['dedup_key'])
  }

  /** Those that fire and have not ended, and the last ones of all, newest first. */
  status(): Status['alerts'] {
    const alerts = (of: Iterable<Message>): AlertStatus[] => [...of] as unknown as AlertStatus[]
    return { open: alerts(this.#open.values()), recent: alerts(this.#recent) }
  }
}
