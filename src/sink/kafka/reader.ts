/** Reads what a topic holds, to its last message as that is when it gets there. */

import { readFileSync } from 'node:fs'
import { ExitCode, Failure } from '../../model/failure.ts'
import type { KafkaOptions } from '../../model/kafka.ts'
import { checkFiles, checkKafka } from './check.ts'
import { classify, Verdict } from './classify.ts'
import type { Client, Offset, RawConsumer, RawMessage } from './client.ts'
import { JoinedParts } from './joined-parts.ts'
import { Producer, type ProducerHooks } from './producer.ts'
import { consumerPropertiesOf, propertiesOf, withoutSecrets } from './properties.ts'

/** Milliseconds for a connection, and for each answer on it. */
const ANSWER_MS = 5000
/** Milliseconds without a message or an end. */
const SILENCE_MS = 30_000
/** Milliseconds that one call waits for messages, and how many it gives at most. */
const POLL_MS = 200
const AT_ONCE = 1000

/** Said of the group that the client wants to have named, and that is not joined. */
const GROUP = /group authorization failed/i

/** A value, put together where it came in parts. */
export interface Value {
  /** `TOPIC/PARTITION@OFFSET` of its last part. */
  readonly place: string
  readonly text: string
}

/**
 * The values of a topic, those of a partition in order: from its first message, or from the first that is not older
 * than `from`, ms since the epoch. Nothing is committed, and no group is joined. A `Failure` where the settings do not
 * hold, or the topic is not there or cannot be read.
 */
export async function* readTopic(
  options: KafkaOptions,
  topic: string,
  from: number | null = null,
): AsyncGenerator<Value> {
  const client = await checkKafka(options)
  checkFiles(options)
  const consumer = client.consume(consumerPropertiesOf(options))
  const { oauthTokenFile: token } = options
  const reading = new Reading(consumer, topic)
  try {
    if (token !== null) consumer.setOauthBearerToken(readFileSync(token, 'utf8').trim())
    const whole = new JoinedParts()
    const partitions = await reading.connect().catch(async (error: unknown) => {
      throw (await whyNoConnection(options, client)) ?? error
    })
    for (let all = await reading.begin(partitions, from); all !== null; all = await reading.more())
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

/**
 * Why there was no connection, as a producer is told it: a consumer that has none hands out no log. Null where that
 * one has a connection.
 */
async function whyNoConnection(options: KafkaOptions, client: Client): Promise<Error | null> {
  const { oauthTokenFile: token } = options
  const hooks: ProducerHooks = {
    onReport: () => {},
    onError: () => {},
    onPoll: () => {},
    token: token === null ? null : () => readFileSync(token, 'utf8').trim(),
  }
  try {
    const properties = propertiesOf(options, options.maxMessageBytes)
    await (await Producer.connect(client, properties, hooks)).close(0)
    return null
  } catch (error) {
    return error as Error
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
  /** What the broker refuses: more of it is not waited for. */
  #refused: string | null = null

  constructor(consumer: RawConsumer, topic: string) {
    this.#consumer = consumer
    this.#topic = topic
    consumer.on('event.error', ({ message }) => {
      this.#error = message
      if (classify(message) === Verdict.Refused && !GROUP.test(message)) this.#refused = message
    })
    consumer.on('partition.eof', ({ partition }) => {
      this.#open.delete(partition)
      this.#heardAt = performance.now()
    })
  }

  /** Connects; gives the topic's partitions. */
  async connect(): Promise<readonly number[]> {
    const { topics } = await new Promise<Topics>((resolve, reject) => {
      const options = { topic: this.#topic, timeout: ANSWER_MS }
      this.#consumer.connect(options, (error, found) => (error ? reject(error) : resolve(found)))
    })
    const found = topics.find(({ name }) => name === this.#topic)?.partitions ?? []
    if (found.length === 0) throw new Error('there is no such topic, or it may not be read')
    return found.map(({ id }) => id)
  }

  /** The first messages of these partitions, or null where there are none. */
  async begin(partitions: readonly number[], from: number | null): Promise<RawMessage[] | null> {
    for (const id of partitions) this.#open.add(id)
    this.#consumer.setDefaultConsumeTimeout(POLL_MS)
    const first = this.#placesAt(partitions, 0)
    this.#consumer.assign(from === null ? first : await this.#since(partitions, from))
    this.#heardAt = performance.now()
    return this.more()
  }

  /** The next messages; null after the last. */
  async more(): Promise<RawMessage[] | null> {
    if (this.#open.size === 0) return null
    if (this.#refused !== null) throw new Error(this.#refused)
    if (performance.now() - this.#heardAt > SILENCE_MS) throw new Error(this.#error)
    const messages = await new Promise<RawMessage[]>((resolve, reject) => {
      this.#consumer.consume(AT_ONCE, (error, some) => {
        if (error === null || error === undefined) resolve(some)
        else if (GROUP.test(error.message)) resolve([])
        else reject(error)
      })
    })
    if (messages.length > 0) this.#heardAt = performance.now()
    return messages
  }

  /** Where the first message that is not older lies in each partition; its end where there is none. */
  #since(partitions: readonly number[], ms: number): Promise<readonly Offset[]> {
    return new Promise((resolve, reject) => {
      const asked = this.#placesAt(partitions, Math.max(0, ms))
      this.#consumer.offsetsForTimes(asked, ANSWER_MS, (error, found) =>
        error ? reject(error) : resolve(found),
      )
    })
  }

  #placesAt(partitions: readonly number[], offset: number): Offset[] {
    return partitions.map((partition) => ({ topic: this.#topic, partition, offset }))
  }
}

/** What a broker says of its topics. */
interface Topics {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly id: number }[]
  }[]
}
