import Kafka, { type NewTopic } from 'node-rdkafka'
import type { Properties } from './broker.ts'

const TOPIC_MS = 30_000
let made = 0

/** Topics of a test's own, by what goes there. */
export interface Topics {
  readonly events: string
  readonly rates: string
  readonly alerts: string
  readonly rejects: string
}

/** Names of topics that are not there yet. */
export function unmadeTopics(): Topics {
  const prefix = `test.${process.pid}.${made++}`
  return {
    events: `${prefix}.events`,
    rates: `${prefix}.rates`,
    alerts: `${prefix}.alerts`,
    rejects: `${prefix}.rejects`,
  }
}

/** Makes topics for one test, each of one partition. */
export async function freshTopics(properties: Properties): Promise<Topics> {
  const topics = unmadeTopics()
  for (const topic of Object.values(topics)) await makeTopic(properties, topic)
  return topics
}

/** Removes topics; the broker gives back their room a minute later. */
export async function removeTopics(properties: Properties, topics: Topics): Promise<void> {
  const admin = Kafka.AdminClient.create(properties)
  for (const topic of Object.values(topics))
    await new Promise<void>((resolve, reject) => {
      admin.deleteTopic(topic, TOPIC_MS, (error) =>
        error ? reject(new Error(error.message)) : resolve(),
      )
    })
  admin.disconnect()
}

/** Makes a topic of one partition with these settings. */
export async function makeTopic(
  properties: Properties,
  topic: string,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = Kafka.AdminClient.create(properties)
  await new Promise<void>((resolve, reject) => {
    const wanted = {
      topic,
      num_partitions: 1,
      replication_factor: 1,
      config: config as NewTopic['config'] & object,
    }
    admin.createTopic(wanted, TOPIC_MS, (error) =>
      error ? reject(new Error(error.message)) : resolve(),
    )
  })
  admin.disconnect()
}
