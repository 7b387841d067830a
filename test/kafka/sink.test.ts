import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Message, Sink } from '../../src/model/delivery.ts'
import type { KafkaOptions } from '../../src/sink/kafka/options.ts'
import { openKafkaSink } from '../../src/sink/kafka/sink.ts'
import { sinkContract } from '../sink/contract.ts'
import { consumed } from './client.ts'
import { freshTopics } from './topics.ts'

const brokers = process.env['KAFKA_BROKERS'] ?? ''
const broker = { 'bootstrap.servers': brokers }

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-kafka-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

let places = 0

/** A sink to topics of its own, and where its outbox lies. */
async function open(
  over: Partial<KafkaOptions> = {},
): Promise<{ sink: Sink; options: KafkaOptions; state: string; alerts: Message[] }> {
  const options: KafkaOptions = {
    brokers: brokers.split(','),
    clientId: 'spillway-test',
    topics: await freshTopics(broker),
    key: 'node',
    timestamp: 'event',
    headers: ['id', 'pos', 'schema', 'keys'],
    maxMessageBytes: 1_000_000,
    compression: 'lz4',
    oauthTokenFile: null,
    librdkafka: {},
    ...over,
  }
  const state = join(directory, `${places++}`)
  const alerts: Message[] = []
  const onAlert = (alert: Message): void => void alerts.push(alert)
  const sink = await openKafkaSink({ options, node: 'web-01', format: 'native', state, onAlert })
  return { sink, options, state, alerts }
}

const textOf = async (topic: string): Promise<string> =>
  (await consumed(broker, topic)).map(({ value }) => `${value.toString()}\n`).join('')

describe.skipIf(brokers === '')('with a real broker', () => {
  sinkContract('kafka', async () => {
    const { sink, options, state } = await open()
    return {
      sink,
      read: async () => {
        while (sink.status?.().outbox !== 0) await sleep(10)
        return {
          events: await textOf(options.topics.events),
          rejects: await textOf(options.topics.rejects),
          rates: await textOf(options.topics.rates),
          alerts: await textOf(options.topics.alerts),
        }
      },
      fail: () => rmSync(state, { recursive: true }),
    }
  })
})
