import { randomUUID } from 'node:crypto'
import Kafka, {
  type KafkaConsumer,
  type LibrdKafkaError,
  type Message,
  type TopicMetadata,
} from 'node-rdkafka'
import type { Properties } from './broker.ts'

const WAIT_MS = 10_000
const AT_ONCE = 10_000
/** Time in which an unknown topic is not yet held for one. */
const UNKNOWN_TOPIC_MS = 500

/** A message as a consumer of Kafka sees it. */
export interface Consumed {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: Buffer
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
}

/** The topics that a broker has, but for its own. */
export function topicsOf(properties: Properties): Promise<string[]> {
  return withConsumer(properties, async (_, topics) =>
    topics.map(({ name }) => name).filter((name) => !name.startsWith('__')),
  )
}

/** Everything that a topic holds now; each partition from its first message to its last. */
export function consumed(properties: Properties, topic: string): Promise<Consumed[]> {
  return withConsumer(properties, async (consumer, topics) => {
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
    const places: { topic: string; partition: number; offset: number }[] = []
    let due = 0
    for (const { id: partition } of partitions) {
      const { lowOffset, highOffset } = await called<{ lowOffset: number; highOffset: number }>(
        (done) => consumer.queryWatermarkOffsets(topic, partition, WAIT_MS, done),
      )
      places.push({ topic, partition, offset: lowOffset })
      due += highOffset - lowOffset
    }
    const messages: Consumed[] = []
    consumer.assign(places)
    while (messages.length < due) {
      const more = await called<Message[]>((done) => consumer.consume(AT_ONCE, done))
      messages.push(...more.map(asConsumed))
    }
    return messages
  })
}

async function withConsumer<T>(
  properties: Properties,
  use: (consumer: KafkaConsumer, topics: readonly TopicMetadata[]) => Promise<T>,
): Promise<T> {
  const consumer = new Kafka.KafkaConsumer(
    { ...properties, 'group.id': randomUUID(), 'enable.auto.commit': false },
    {},
  )
  const { topics } = await called<{ topics: TopicMetadata[] }>((done) =>
    consumer.connect({ timeout: WAIT_MS }, done),
  )
  const result = await use(consumer, topics)
  await new Promise((resolve) => consumer.disconnect(resolve))
  return result
}

function asConsumed({ partition, offset, key, value, timestamp, headers }: Message): Consumed {
  const pairs = (headers ?? []).flatMap((header) => Object.entries(header))
  return {
    partition,
    offset,
    key: key === null || key === undefined ? null : String(key),
    value: value ?? Buffer.alloc(0),
    timestamp: timestamp ?? 0,
    headers: Object.fromEntries(pairs.map(([name, text]) => [name, String(text)])),
  }
}

/** Writes one message; rejects with what the broker has against it. */
export async function produced(
  properties: Properties,
  topic: string,
  value: string,
): Promise<void> {
  const producer = new Kafka.Producer(
    { ...properties, dr_cb: true, 'topic.metadata.propagation.max.ms': UNKNOWN_TOPIC_MS },
    {},
  )
  await called((done) => producer.connect({ timeout: WAIT_MS }, done))
  producer.setPollInterval(10)
  try {
    await new Promise<void>((resolve, reject) => {
      producer.once('delivery-report', (error) => (error ? reject(error) : resolve()))
      producer.produce(topic, null, Buffer.from(value))
    })
  } finally {
    await new Promise((resolve) => producer.disconnect(resolve))
  }
}

function called<T>(
  call: (done: (error: LibrdKafkaError | null, result: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}
