import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, Sink } from '../../src/model/delivery.ts'
import type { KafkaOptions } from '../../src/model/kafka.ts'
import { openKafkaSink } from '../../src/sink/kafka/sink.ts'
import type { Properties } from './broker.ts'
import { consumed } from './client.ts'
import type { Topics } from './topics.ts'

const WAIT_MS = 60_000

/** The broker that the tests of a run have in common; '' where there is none. */
export const brokers: string = process.env['KAFKA_BROKERS'] ?? ''
/** How a client reaches it. */
export const broker: Properties = { 'bootstrap.servers': brokers }

/** A sink with a state directory of its own. */
export interface Opened {
  readonly sink: Sink
  readonly options: KafkaOptions
  readonly state: string
  /** What it had to tell about delivery, oldest first. */
  readonly alerts: Message[]
  /** Closes the sink and removes the directory. */
  readonly end: () => Promise<void>
}

/** Opens a sink that writes `topics`. */
export async function openSink(
  topics: Topics & { readonly raw?: string },
  over: Partial<KafkaOptions> = {},
  state: string = mkdtempSync(join(tmpdir(), 'spillway-kafka-')),
): Promise<Opened> {
  const options: KafkaOptions = {
    brokers: brokers.split(','),
    clientId: 'spillway-test',
    topics: { raw: null, ...topics },
    key: 'node',
    timestamp: 'event',
    headers: ['id', 'pos', 'schema', 'keys'],
    maxMessageBytes: 1_000_000,
    compression: 'lz4',
    oauthTokenFile: null,
    librdkafka: {},
    ...over,
  }
  const alerts: Message[] = []
  const onAlert = (alert: Message): void => void alerts.push(alert)
  const sink = await openKafkaSink({ options, node: 'web-01', format: 'native', state, onAlert })
  const end = async (): Promise<void> => {
    await sink.close().catch(() => {})
    rmSync(state, { recursive: true, force: true })
  }
  return { sink, options, state, alerts, end }
}

/** Settles when `when` holds. */
export async function until(when: () => boolean): Promise<void> {
  const late = performance.now() + WAIT_MS
  while (!when()) {
    if (performance.now() > late) throw new Error(`it did not come about: ${when.toString()}`)
    await sleep(20)
  }
}

/** What a topic holds, a line each. */
export async function textOf(topic: string): Promise<string> {
  return (await consumed(broker, topic)).map(({ value }) => `${value.toString()}\n`).join('')
}
