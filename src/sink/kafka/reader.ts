/** Reads what a topic holds: from its first message to its last, as they are when it gets there. */

import { readFileSync } from 'node:fs'
import { ExitCode, Failure } from '../../model/failure.ts'
import type { KafkaOptions } from '../../model/kafka.ts'
import { loadClient, type RawConsumer, type RawMessage } from './client.ts'
import { JoinedParts } from './joined-parts.ts'
import { consumerPropertiesOf, withoutSecrets } from './properties.ts'

/** Milliseconds for a connection, and without a message or an end. */
const WAIT_MS = 30_000
/** Milliseconds that one call waits for messages, and how many it gives at most. */
const POLL_MS = 200
const AT_ONCE = 1000

/** A value, put together where it came in parts. */
export interface Value {
  /** `TOPIC/PARTITION@OFFSET` of its last part. */
  readonly place: string
  readonly text: string
}

/**
 * The values of a topic, those of a partition in order. Nothing is committed, and no group is joined. A `Failure`
 * where the topic is not there or cannot be read.
 */
export async function* readTopic(options: KafkaOptions, topic: string): AsyncGenerator<Value> {
  const client = await loadClient()
  const consumer = client.consume(consumerPropertiesOf(options))
  const { oauthTokenFile: token } = options
  if (token !== null) consumer.setOauthBearerToken(readFileSync(token, 'utf8').trim())
  const reading = new Reading(consumer, topic)
  try {
    const whole = new JoinedParts()
    for (let all = await reading.begin(); all !== null; all = await reading.more())
      for (const message of all) {
        const value = whole.take(message)
        const { partition, offset } = message
        if (value) yield { place: `${topic}/${partition}@${offset}`, text: value.toString() }
      }
  } catch (error) {
    const reason = withoutSecrets((error as Error).message, options)
    throw new Failure(ExitCode.Input, `cannot read the topic ${topic}: ${reason}`, { cause: error })
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()))
  }
}

/** A consumer on its way through a topic. */
class Reading {
  readonly #consumer: RawConsumer
  readonly #topic: string
  /** Partitions whose end was not reached. */
  readonly #open = new Set<number>()
  #heardAt = 0
  #error = 'no answer'

  constructor(consumer: RawConsumer, topic: string) {
    this.#consumer = consumer
    this.#topic = topic
    consumer.on('event.error', ({ message }) => {
      this.#error = message
    })
    consumer.on('partition.eof', ({ partition }) => {
      this.#open.delete(partition)
      this.#heardAt = performance.now()
    })
  }

  /** Connects; the first messages, or null where there are none. */
  async begin(): Promise<RawMessage[] | null> {
    const { topics } = await new Promise<Topics>((resolve, reject) => {
      const options = { topic: this.#topic, timeout: WAIT_MS }
      this.#consumer.connect(options, (error, found) =>
        error ? reject(new Error(`${this.#error}: ${error.message}`)) : resolve(found),
      )
    })
    const found = topics.find(({ name }) => name === this.#topic)?.partitions ?? []
    if (found.length === 0) throw new Error('there is no such topic, or it may not be read')
    for (const { id } of found) this.#open.add(id)
    this.#consumer.setDefaultConsumeTimeout(POLL_MS)
    this.#consumer.assign(found.map(({ id }) => ({ topic: this.#topic, partition: id, offset: 0 })))
    this.#heardAt = performance.now()
    return this.more()
  }

  /** The next messages; null after the last. */
  async more(): Promise<RawMessage[] | null> {
    if (this.#open.size === 0) return null
    if (performance.now() - this.#heardAt > WAIT_MS) throw new Error(this.#error)
    const messages = await new Promise<RawMessage[]>((resolve, reject) => {
      this.#consumer.consume(AT_ONCE, (error, some) => (error ? reject(error) : resolve(some)))
    })
    if (messages.length > 0) this.#heardAt = performance.now()
    return messages
  }
}

/** What a broker says of its topics. */
interface Topics {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly id: number }[]
  }[]
}
