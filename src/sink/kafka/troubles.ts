import { alertOf, type Severity } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'

/** Where what is told goes: the log at once, and the alerts. */
export type Tell = (alert: Message) => void

/** What keeps Kafka from taking messages, or makes it take them another way. */
export type TroubleKind = 'unreachable' | 'refused' | 'limit' | 'timestamp' | 'rejected'

const SEVERITY: Readonly<Record<TroubleKind, Severity>> = {
  unreachable: 'critical',
  refused: 'critical',
  limit: 'warning',
  timestamp: 'warning',
  rejected: 'warning',
}

/** What is told of each, about a topic. */
const SAYS: Readonly<Record<TroubleKind, (topic: string | null) => string>> = {
  unreachable: () => 'Kafka does not answer; what is not delivered waits in the spool',
  refused: (topic) =>
    `Kafka refuses what is sent${to(topic)}; nothing of it is lost, and it is tried again`,
  limit: (topic) =>
    `Kafka takes no messages of that size${to(topic)}; smaller ones are sent, large events in parts`,
  timestamp: (topic) =>
    `Kafka takes no messages with the time of their event${to(topic)}; they are sent with that of now`,
  rejected: (topic) => `Kafka will not take an event as it is${to(topic)}; it goes to the rejects`,
}

/** What is wrong with delivery now; each trouble is told when it comes and when it has gone. */
export class Troubles {
  readonly #node: string
  readonly #tell: Tell
  readonly #raised = new Map<string, { readonly kind: TroubleKind; readonly since: number }>()
  readonly #mentioned = new Set<string>()
  #error: string | null = null

  constructor(node: string, tell: Tell) {
    this.#node = node
    this.#tell = tell
  }

  /** The last error, or null when none was since the last acknowledgement. */
  get error(): string | null {
    return this.#error
  }

  /** Takes note of an error that may mend itself. */
  note(error: string): void {
    this.#error = error
  }

  /** A trouble about `topic`, or about everything; told once until it is over. */
  raise(kind: TroubleKind, topic: string | null, error: string): void {
    this.#error = error
    const name = `${kind} ${topic ?? ''}`
    if (this.#raised.has(name)) return
    const since = Date.now()
    this.#raised.set(name, { kind, since })
    this.#fire(kind, topic, error, since, null)
  }

  /** A trouble that has no end of its own; told the first time. */
  mention(kind: TroubleKind, topic: string, error: string): void {
    const name = `${kind} ${topic}`
    if (this.#mentioned.has(name)) return
    this.#mentioned.add(name)
    const now = Date.now()
    this.#fire(kind, topic, error, now, now)
  }

  /** What was raised about `topic` is over, and all that was raised about everything. */
  clear(topic: string | null): void {
    this.#error = null
    if (this.#raised.size === 0) return
    for (const [name, { kind, since }] of this.#raised) {
      const about = name.slice(kind.length + 1)
      if (about !== '' && about !== topic) continue
      this.#raised.delete(name)
      this.#resolve(kind, about === '' ? null : about, since)
    }
  }

  /** The outbox had no room for so many rates and alerts since the start. */
  tellDropped(dropped: number): void {
    const now = Date.now()
    const alert = alertOf({
      type: 'outbox.dropped',
      node: this.#node,
      severity: 'warning',
      time: now,
      subject: '',
      status: 'firing',
      startsAt: now,
      endsAt: now,
      text: `The outbox is full: ${dropped} rates and alerts were dropped since the start, oldest rates first: see what keeps Kafka from taking them (spillway status).`,
      evidence: { dropped },
    })
    this.#tell(alert)
  }

  #fire(
    kind: TroubleKind,
    topic: string | null,
    error: string,
    startsAt: number,
    endsAt: number | null,
  ): void {
    const alert = alertOf({
      type: `kafka.${kind}`,
      node: this.#node,
      severity: SEVERITY[kind],
      time: startsAt,
      subject: topic ?? '',
      status: 'firing',
      startsAt,
      endsAt,
      text: `${SAYS[kind](topic)}: ${error}.`,
      evidence: { topic, error },
    })
    this.#tell(alert)
  }

  #resolve(kind: TroubleKind, topic: string | null, startsAt: number): void {
    const now = Date.now()
    const alert = alertOf({
      type: `kafka.${kind}`,
      node: this.#node,
      severity: 'info',
      time: now,
      subject: topic ?? '',
      status: 'resolved',
      startsAt,
      endsAt: now,
      text: `Kafka takes messages${to(topic)} again, after ${Math.round((now - startsAt) / 1000)} s.`,
      evidence: { topic, error: null },
    })
    this.#tell(alert)
  }
}

/** ` to audit.events`, or nothing where it is about everything. */
function to(topic: string | null): string {
  return topic === null ? '' : ` to ${topic}`
}
