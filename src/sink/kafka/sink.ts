import { setTimeout as sleep } from 'node:timers/promises'
import type { Block, Message, Sink, SinkStatus } from '../../model/delivery.ts'
import { ExitCode, Failure } from '../../model/failure.ts'
import type { KafkaOptions } from '../../model/kafka.ts'
import { formatPosition } from '../../model/place.ts'
import { Lane } from '../lane.ts'
import { type Kind, Outbox } from '../outbox.ts'
import { rejectsOf, rejectText } from '../reject.ts'
import { checkKafka } from './check.ts'
import { Chunks } from './chunks.ts'
import { Verdict } from './classify.ts'
import type { Client } from './client.ts'
import { EventMessages } from './events.ts'
import { Line } from './line.ts'
import { Link } from './link.ts'
import { type Outgoing, WAITING } from './message.ts'
import { Troubles } from './troubles.ts'

/** Bytes and messages under way at most, but for the block that goes over it. */
const IN_FLIGHT_BYTES = 16 << 20
const IN_FLIGHT_MESSAGES = 20_000
/** Entries of the outbox under way at most. */
const OUTBOX_IN_FLIGHT = 256
/** Milliseconds each step of a close may take: the service gives all of it 3 s. */
const CLOSE_MS = 1400
const LAST_REPORTS_MS = 1000
/** Milliseconds between two alerts that the outbox drops. */
const DROPPED_TELL_MS = 60_000
/** Epoch of a message that stands nowhere in the stream. */
const NOWHERE = -1

/** What the Kafka sink needs besides its settings. */
export interface KafkaParts {
  readonly options: KafkaOptions
  /** Node of events whose records name none. */
  readonly node: string
  readonly format: string
  /** Directory of the outbox. */
  readonly state: string
  /** Learns of alerts about delivery itself, which go to the outbox too. */
  readonly onAlert: (alert: Message) => void
}

/**
 * The sink `kafka`. It opens whether Kafka is there or not, and connects by itself. Events and rejects
 * go to their topics in order and count as delivered when Kafka has acknowledged them; rates and alerts
 * go through an outbox, so that they hold up nothing. Settings that cannot be are a `Failure`.
 */
export async function openKafkaSink(parts: KafkaParts): Promise<Sink> {
  const client = await checkKafka(parts.options)
  const outbox = await Outbox.open(parts.state)
  return new KafkaSink(parts, outbox, client)
}

class KafkaSink implements Sink {
  readonly #topics: KafkaOptions['topics']
  readonly #outbox: Outbox
  readonly #lane = new Lane(ExitCode.Sink)
  readonly #events: Line
  readonly #aside: Line
  readonly #link: Link
  readonly #troubles: Troubles
  readonly #messages: EventMessages
  readonly #key: Buffer | null
  #delivered = 0
  #droppedTold = 0
  #droppedAt = Number.NEGATIVE_INFINITY

  constructor(parts: KafkaParts, outbox: Outbox, client: Client) {
    const { options, node, format, onAlert } = parts
    this.#topics = options.topics
    this.#outbox = outbox
    this.#key = options.key === 'none' ? null : Buffer.from(node)
    this.#troubles = new Troubles(node, (alert) => {
      onAlert(alert)
      this.alert(alert)
    })
    const chunks = new Chunks()
    this.#events = new Line(chunks, {
      onPassed: () => {},
      onDelivered: (message) => {
        this.#delivered++
        this.#onDelivered(message)
      },
      onTrouble: (...trouble) => this.#onTrouble(...trouble),
    })
    this.#aside = new Line(chunks, {
      onPassed: (messages) => {
        outbox.delivered(messages)
        this.#feed()
      },
      onDelivered: (message) => this.#onDelivered(message),
      onTrouble: (...trouble) => this.#onTrouble(...trouble),
    })
    this.#messages = new EventMessages({ ...options, node, format }, chunks, this.#events)
    const lines = [this.#events, this.#aside]
    this.#link = new Link({ client, options, lines, troubles: this.#troubles })
    this.#link.start()
    this.#feed()
  }

  accept(block: Block): Promise<void> {
    return this.#lane.run(async () => {
      if (block.runs.length === 0 && block.rejectsFrom >= block.result.rejects.count) return
      const events = this.#events
      while (events.bytes >= IN_FLIGHT_BYTES || events.waiting >= IN_FLIGHT_MESSAGES)
        await events.shrunk(events.waiting >> 1)
      this.#messages.each(block, (message) => events.push(message))
      for (const { place, text } of rejectsOf(block))
        events.push(this.#rejectMessage(block.batch.epoch, place, text))
      events.pump()
    })
  }

  rate(row: Message): void {
    this.#keep('rate', row)
  }

  alert(alert: Message): void {
    this.#keep('alert', alert)
  }

  async sync(): Promise<void> {
    await this.#lane.run(() => this.#outbox.sync())
    await this.#events.settled()
  }

  async close(): Promise<void> {
    const synced = this.sync()
    synced.catch(() => {})
    await Promise.race([synced, sleep(CLOSE_MS)]).catch(() => {})
    const left = this.#events.waiting
    await Promise.race([this.#link.close(left > 0 ? 0 : LAST_REPORTS_MS), sleep(CLOSE_MS)])
    const reason = `${left} messages were not acknowledged by Kafka; they are sent again`
    for (const line of [this.#events, this.#aside]) line.close(new Failure(ExitCode.Ok, reason))
    await this.#outbox.close()
    await synced
  }

  resume(): void {
    this.#link.retry()
  }

  status(): SinkStatus {
    const { stalledMs } = this.#link
    return {
      connected: this.#link.connected,
      waiting: this.#events.waiting,
      waitingBytes: this.#events.bytes,
      delivered: this.#delivered,
      error: this.#troubles.error,
      stalledMs: Math.round(stalledMs),
      outbox: this.#outbox.waiting,
      outboxDropped: this.#outbox.dropped,
    }
  }

  #keep(kind: Kind, message: Message): void {
    this.#outbox.add(kind, message)
    this.#feed()
    const { dropped } = this.#outbox
    if (dropped === this.#droppedTold || performance.now() < this.#droppedAt + DROPPED_TELL_MS)
      return
    this.#droppedTold = dropped
    this.#droppedAt = performance.now()
    this.#troubles.tellDropped(dropped)
  }

  /** Gives the outbox's line what it has room for. */
  #feed(): void {
    while (this.#aside.waiting < OUTBOX_IN_FLIGHT) {
      const entry = this.#outbox.take()
      if (entry === null) break
      const topic = this.#topics[entry.kind === 'rate' ? 'rates' : 'alerts']
      this.#aside.push(this.#message(this.#aside, topic, entry.text, `${entry.kind}:${entry.n}`))
    }
    this.#aside.pump()
  }

  #rejectMessage(epoch: number, place: number, text: string): Outgoing {
    const id = formatPosition(epoch, place)
    return { ...this.#message(this.#events, this.#topics.rejects, text, id), epoch, place }
  }

  #message(sender: Line, topic: string, text: string, id: string): Outgoing {
    return {
      sender,
      topic,
      value: Buffer.from(text),
      key: this.#key,
      timestamp: 0,
      headers: undefined,
      id,
      epoch: NOWHERE,
      place: 0,
      chunk: null,
      open: WAITING,
      failed: false,
    }
  }

  #onDelivered({ topic }: Outgoing): void {
    this.#link.delivered()
    this.#troubles.clear(topic)
  }

  #onTrouble(verdict: Verdict, error: string, message: Outgoing): void {
    const troubles = this.#troubles
    const { topic } = message
    troubles.note(error)
    if (verdict === Verdict.Fatal) this.#link.replace()
    else if (verdict === Verdict.TooLarge && this.#link.shrink())
      troubles.mention('limit', topic, `${error} (now at most ${this.#link.limit} bytes)`)
    else if (verdict === Verdict.Invalid && message.timestamp !== 0) {
      // A topic may have bounds for the time of its messages, and says no more than that about them.
      message.timestamp = 0
      troubles.mention('timestamp', topic, error)
    } else if (verdict === Verdict.Invalid && this.#isEvent(topic)) {
      Object.assign(message, this.#rejected(message))
      troubles.mention('rejected', topic, error)
    } else if (verdict !== Verdict.Retry) troubles.raise('refused', topic, error)
  }

  #isEvent(topic: string): boolean {
    return topic === this.#topics.events || topic === this.#topics.raw
  }

  /** What is sent of an event that Kafka will never take. */
  #rejected({ epoch, place, value }: Outgoing): Partial<Outgoing> {
    const text = rejectText(formatPosition(epoch, place), 'refused', value)
    return { topic: this.#topics.rejects, value: Buffer.from(text), headers: undefined }
  }
}
