import { afterEach, describe, expect, it } from 'vitest'
import type { KafkaOptions } from '../../src/model/kafka.ts'
import { readTopic } from '../../src/sink/kafka/reader.ts'
import { blockOf } from '../sink/block.ts'
import { broker, brokers, type Opened, openSink } from './open-sink.ts'
import { freshTopics } from './topics.ts'

/** Time of the events that blocks of the tests hold. */
const STAMP_MS = 1_767_225_605_016

let opened: Opened[] = []
afterEach(async () => {
  for (const { end } of opened) await end()
  opened = []
})

/** Sends one event to the topics and waits for it. */
async function send(
  topics: Awaited<ReturnType<typeof freshTopics>>,
  event: string,
  over: Partial<KafkaOptions>,
): Promise<KafkaOptions> {
  const one = await openSink(topics, over)
  opened.push(one)
  await one.sink.accept(blockOf({ runs: [`${event}\n`] }))
  await one.sink.sync()
  return one.options
}

async function read(
  options: KafkaOptions,
  from: number | null,
  topic = options.topics.events,
): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of readTopic(options, topic, from)) texts.push(text)
  return texts
}

describe.skipIf(brokers === '')('what is read of a topic', () => {
  it('is all of it, or what is not older than a time', async () => {
    const topics = await freshTopics(broker)
    await send(topics, '{"a":"old"}', { timestamp: 'event' })
    const options = await send(topics, '{"a":"new"}', { timestamp: 'now' })
    expect(await read(options, null)).toEqual(['{"a":"old"}', '{"a":"new"}'])
    expect(await read(options, STAMP_MS)).toEqual(['{"a":"old"}', '{"a":"new"}'])
    expect(await read(options, STAMP_MS + 1)).toEqual(['{"a":"new"}'])
    expect(await read(options, Date.now() + 3_600_000)).toEqual([])
    expect(await read(options, -1)).toHaveLength(2)
  })

  it('is a mistake in one line with settings that do not hold', async () => {
    const topics = await freshTopics(broker)
    const options = await send(topics, '{"a":1}', {})
    const tried = (over: Partial<KafkaOptions>): Promise<string[]> =>
      read({ ...options, ...over }, null)
    await expect(tried({ librdkafka: { 'no.such': 1 } })).rejects.toThrow(/"no\.such"/)
    const oauth = { 'security.protocol': 'sasl_plaintext', 'sasl.mechanisms': 'OAUTHBEARER' }
    const missing = { librdkafka: oauth, oauthTokenFile: '/nonexistent/token' }
    await expect(tried(missing)).rejects.toThrow(
      'kafka.oauth_token_file: cannot read /nonexistent/token: no such file or directory',
    )
  })
})
