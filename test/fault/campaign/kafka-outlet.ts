import { setTimeout as sleep } from 'node:timers/promises'
import Kafka, { type KafkaConsumer, type LibrdKafkaError, type Message } from 'node-rdkafka'
import type { Properties } from '../../kafka/broker.ts'
import { freshTopics, removeTopics, type Topics } from '../../kafka/topics.ts'
import type { Kind, Outlet } from './outlet.ts'

const WAIT_MS = 10_000
/** Milliseconds that a broker has to come back. */
const BACK_MS = 120_000
const PAUSE_MS = 200
/** Messages asked for at a time. */
const AT_ONCE = 5000
/** Topics of a run's own. The service reaches the broker at `brokers`, the consumer without a detour. */
export class KafkaOutlet implements Outlet {
  readonly sink = 'kafka'
  readonly settings: object
  readonly #properties: Properties
  readonly #topics: Topics
  readonly #consumer: KafkaConsumer

  private constructor(brokers: string, properties: Properties, topics: Topics, more: object) {
    this.#properties = properties
    this.#topics = topics
    const kafka = { brokers: [brokers], topics, ...more }
    this.settings = { output: 'kafka', kafka }
    this.#consumer = new Kafka.KafkaConsumer(
      { ...properties, 'group.id': topics.events, 'enable.auto.commit': false },
      {},
    )
  }

  /** `more`: settings of the service below `kafka`. */
  static async open(
    brokers: string,
    properties: Properties,
    more: object = {},
  ): Promise<KafkaOutlet> {
    const outlet = new KafkaOutlet(brokers, properties, await freshTopics(properties), more)
    await called((done) => outlet.#consumer.connect({ timeout: WAIT_MS }, done))
    return outlet
  }

  async last(): Promise<number> {
    const { low, high } = await this.#bounds('events')
    if (low === high) return 0
    for await (const message of this.#messages('events', high - 1, high)) return serialOf(message)
    return 0
  }

  /** Serials of all events that are there, as often as they are. */
  async *serials(): AsyncGenerator<number> {
    const { low, high } = await this.#bounds('events')
    for await (const message of this.#messages('events', low, high)) yield serialOf(message)
  }

  async *lines(kind: Kind): AsyncGenerator<string> {
    const { low, high } = await this.#bounds(kind)
    /** Parts that wait for others, by what they belong to. */
    const waiting = new Map<string, Map<number, Buffer>>()
    for await (const message of this.#messages(kind, low, high)) {
      const value = message.value ?? Buffer.alloc(0)
      const { id, pos, part, parts } = headersOf(message)
      if (part === undefined) {
        yield value.toString()
        continue
      }
      const name = `${id} ${pos} ${parts}`
      const found = waiting.get(name) ?? new Map<number, Buffer>()
      waiting.set(name, found.set(Number(part), value))
      if (found.size < Number(parts)) continue
      waiting.delete(name)
      const inOrder = [...found].toSorted(([a], [b]) => a - b).map(([, piece]) => piece)
      yield Buffer.concat(inOrder).toString()
    }
  }

  async remove(): Promise<void> {
    await new Promise((resolve) => this.#consumer.disconnect(resolve))
    await removeTopics(this.#properties, this.#topics)
  }

  async *#messages(kind: Kind, from: number, to: number): AsyncGenerator<Message> {
    const consumer = this.#consumer
    consumer.assign([{ topic: this.#topics[kind], partition: 0, offset: from }])
    for (let at = from; at < to; ) {
      const messages = await called<Message[]>((done) =>
        consumer.consume(Math.min(AT_ONCE, to - at), done),
      )
      for (const message of messages) {
        if (message.offset >= to) return
        yield message
        at = message.offset + 1
      }
    }
  }

  /** First and next offset. A broker that has just come back may not know its topics yet. */
  async #bounds(kind: Kind): Promise<{ low: number; high: number }> {
    for (const end = performance.now() + BACK_MS; ; await sleep(PAUSE_MS)) {
      try {
        const { lowOffset, highOffset } = await called<{ lowOffset: number; highOffset: number }>(
          (done) => this.#consumer.queryWatermarkOffsets(this.#topics[kind], 0, WAIT_MS, done),
        )
        return { low: lowOffset, high: highOffset }
      } catch (error) {
        if (performance.now() > end) throw error
      }
    }
  }
}

function serialOf(message: Message): number {
  return Number(headersOf(message)['id']?.split(':').at(-1))
}

function headersOf({ headers }: Message): Record<string, string | undefined> {
  const pairs = (headers ?? []).flatMap((header) => Object.entries(header))
  return Object.fromEntries(pairs.map(([name, text]) => [name, String(text)]))
}

function called<T>(
  call: (done: (error: LibrdKafkaError | null, result: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}
