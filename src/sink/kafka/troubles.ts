import type { Message } from '../../model/delivery.ts'

/** Version of these alerts. */
const VERSION = 1

/** Where what is told goes: the log at once, and the alerts. */
export type Tell = (alert: Message) => void

/** What keeps Kafka from taking messages, or makes it take them another way. */
export type TroubleKind = 'unreachable' | 'refused' | 'limit' | 'timestamp' | 'rejected'

const SEVERITY: Readonly<Record<TroubleKind, string>> = {
  unreachable: 'critical',
  refused: 'critical',
  limit: 'warning',
  timestamp: 'warning',
  rejected: 'warning',
}

const SAYS: Readonly<Record<TroubleKind, string>> = {
  unreachable: 'Kafka does not answer; what is not delivered waits in the spool',
  refused: 'Kafka refuses what is sent; it waits in the spool and is tried again',
  limit: 'Kafka takes no messages of that size; smaller ones are sent, large events in parts',
  timestamp: 'Kafka takes no messages with the time of their event; they are sent with that of now',
  rejected: 'Kafka will not take an event as it is; it goes to the rejects',
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
    this.#say(kind, 'raised', SEVERITY[kind], topic, since, error, `${SAYS[kind]}: ${error}.`)
  }

  /** A trouble that has no end of its own; told the first time. */
  mention(kind: TroubleKind, topic: string, error: string): void {
    const name = `${kind} ${topic}`
    if (this.#mentioned.has(name)) return
    this.#mentioned.add(name)
    this.#say(kind, 'raised', SEVERITY[kind], topic, Date.now(), error, `${SAYS[kind]}: ${error}.`)
  }

  /** What was raised about `topic` is over, and all that was raised about everything. */
  clear(topic: string | null): void {
    this.#error = null
    if (this.#raised.size === 0) return
    for (const [name, { kind, since }] of this.#raised) {
      const about = name.slice(kind.length + 1)
      if (about !== '' && about !== topic) continue
      this.#raised.delete(name)
      const seconds = Math.round((Date.now() - since) / 1000)
      const text = `Kafka takes messages again, after ${seconds} s.`
      this.#say(kind, 'resolved', 'info', about === '' ? null : about, since, null, text)
    }
  }

  /** The outbox had no room for so many rates and alerts since the start. */
  tellDropped(dropped: number): void {
    this.#tell({
      type: 'outbox.dropped',
      v: VERSION,
      time: new Date().toISOString(),
      node: this.#node,
      severity: 'warning',
      dropped,
      text: `The outbox is full: ${dropped} rates and alerts were dropped since the start, oldest rates first.`,
    })
  }

  #say(
    kind: TroubleKind,
    state: 'raised' | 'resolved',
    severity: string,
    topic: string | null,
    since: number,
    error: string | null,
    text: string,
  ): void {
    this.#tell({
      type: `kafka.${kind}`,
      v: VERSION,
      time: new Date().toISOString(),
      node: this.#node,
      severity,
      state,
      topic,
      since: new Date(since).toISOString(),
      error,
      text,
    })
  }
}
