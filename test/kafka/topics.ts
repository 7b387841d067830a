import Kafka from 'node-rdkafka'
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

/** Makes topics for one test, each of one partition but the events of three. */
export async function freshTopics(properties: Properties): Promise<Topics> {
  const prefix = `test.${process.pid}.${made++}`
  const topics = {
    events: `${prefix}.events`,
    rates: `${prefix}.rates`,
    alerts: `${prefix}.alerts`,
    rejects: `${prefix}.rejects`,
  }
  const admin = Kafka.AdminClient.create(properties)
  for (const topic of Object.values(topics)) {
    const num_partitions = topic === topics.events ? 3 : 1
    await new Promise<void>((resolve, reject) => {
      admin.createTopic({ topic, num_partitions, replication_factor: 1 }, TOPIC_MS, (error) =>
        error ? reject(new Error(error.message)) : resolve(),
      )
    })
  }
  admin.disconnect()
  return topics
}
