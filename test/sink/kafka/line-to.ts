import type { Line } from '../../../src/sink/kafka/line.ts'
import { Link } from '../../../src/sink/kafka/link.ts'
import type { Outgoing } from '../../../src/sink/kafka/message.ts'
import { Troubles } from '../../../src/sink/kafka/troubles.ts'
import type { FakeKafka } from './fake-client.ts'

/** A link of a line to a Kafka, which is connecting. */
export function linkTo({ client }: FakeKafka, line: Line): Link {
  const link = new Link({
    client,
    options: {
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
    },
    line,
    troubles: new Troubles('web-01', () => {}),
  })
  link.start()
  return link
}

/** A message that nobody has sent yet. */
export function messageOf(value: string | Buffer): Outgoing {
  return {
    topic: 'audit.events',
    value: Buffer.from(value),
    key: null,
    timestamp: 1_767_225_605_016,
    headers: [{ id: 'web-01:1.000:7' }, { schema: 'native/1' }],
    id: 'web-01:1.000:7',
    epoch: 1,
    place: 42,
    chunk: null,
    delivered: false,
    alone: false,
  }
}
