import type { KafkaOptions } from '../../../src/model/kafka.ts'

/** Options of a Kafka that is nowhere, as the configuration has them when nothing is said. */
export function optionsOf(over: Partial<KafkaOptions>): KafkaOptions {
  return {
    brokers: ['localhost:9092'],
    clientId: 'spillway',
    topics: { events: 'e', raw: null, rates: 'r', alerts: 'a', rejects: 'j' },
    key: 'node',
    timestamp: 'event',
    headers: [],
    maxMessageBytes: 1_000_000,
    compression: 'none',
    oauthTokenFile: null,
    librdkafka: {},
    ...over,
  }
}
