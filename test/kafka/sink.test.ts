import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { readTopic } from '../../src/sink/kafka/reader.ts'
import { blockOf } from '../sink/block.ts'
import { sinkContract } from '../sink/contract.ts'
import { consumed } from './client.ts'
import { broker, brokers, type Opened, openSink, textOf, until } from './open-sink.ts'
import { freshTopics, makeTopic, unmadeTopics } from './topics.ts'

let opened: Opened[] = []
afterEach(async () => {
  for (const { end } of opened) await end()
  opened = []
})

async function open(...args: Parameters<typeof openSink>): Promise<Opened> {
  const one = await openSink(...args)
  opened.push(one)
  return one
}

const run = promisify(execFile)
const EXAMPLE = fileURLToPath(new URL('../../examples/consume.mjs', import.meta.url))

const lines = (count: number, bytes: number): string[] =>
  Array.from({ length: count }, (_, n) => `{"n":${n},"filler":"${'x'.repeat(bytes)}"}\n`)

describe.skipIf(brokers === '')('with a real broker', () => {
  sinkContract('kafka', async () => {
    const { sink, options, state } = await open(await freshTopics(broker))
    return {
      sink,
      read: async () => {
        await until(() => sink.status?.().outbox === 0)
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

  describe('the sink kafka', () => {
    it('gives an event its node as key, its time, and what names it as headers', async () => {
      const { sink, options } = await open(await freshTopics(broker))
      await sink.accept(blockOf({ runs: ['{"a":1}\n'], epoch: 2, place: 42 }))
      await sink.sync()
      const [{ key, timestamp, headers }] = await consumed(broker, options.topics.events)
      expect([key, timestamp]).toEqual(['web-01', 1_767_225_605_016])
      expect(headers).toEqual({
        id: 'web-01:1767225605.016:1',
        pos: '2.0.42',
        schema: 'native/1',
      })
    })

    it('sends an event over the limit in parts that make it again', async () => {
      const { sink, options } = await open(await freshTopics(broker), { maxMessageBytes: 20_000 })
      const [event] = lines(1, 60_000)
      await sink.accept(blockOf({ runs: [event] }))
      await sink.sync()
      const parts = await consumed(broker, options.topics.events)
      expect(parts.map(({ headers }) => [headers['part'], headers['parts']])).toEqual(
        [1, 2, 3, 4].map((part) => [String(part), '4']),
      )
      expect(`${Buffer.concat(parts.map(({ value }) => value)).toString()}\n`).toBe(event)
      const read: string[] = []
      for await (const { text } of readTopic(options, options.topics.events)) read.push(text)
      expect(read).toEqual([event.trimEnd()])
    })

    it('finds out by itself that a topic takes smaller messages', async () => {
      const topics = unmadeTopics()
      await makeTopic(broker, topics.events, { 'max.message.bytes': '30000' })
      const { sink, alerts } = await open(topics, { compression: 'none', maxMessageBytes: 100_000 })
      const events = lines(40, 1000).concat(lines(1, 50_000), lines(40, 1000))
      for (const [place, event] of events.entries())
        await sink.accept(blockOf({ runs: [event], place }))
      await sink.sync()
      const { stdout } = await run(process.execPath, [EXAMPLE, brokers, topics.events, '--once'])
      expect(stdout.match(/.+\n/g)?.toSorted()).toEqual(events.toSorted())
      expect(alerts.map(({ type }) => type)).toEqual(['kafka.limit'])
    })

    it('waits for a topic that is not there, and says so, then goes on in order', async () => {
      const topics = unmadeTopics()
      const { sink, alerts } = await open(topics, {
        librdkafka: { 'topic.metadata.propagation.max.ms': 500 },
      })
      const events = lines(50, 10)
      for (const event of events) await sink.accept(blockOf({ runs: [event] }))
      const told = (): string[] =>
        alerts
          .filter(({ evidence }) => (evidence as { topic: unknown }).topic === topics.events)
          .map(({ type, status }) => `${type as string} ${status as string}`)
      await until(() => told().length > 0)
      await makeTopic(broker, topics.events)
      await sink.sync()
      expect(await textOf(topics.events)).toBe(events.join(''))
      expect(told()).toEqual(['kafka.refused firing', 'kafka.refused resolved'])
      expect(alerts[0]['text']).toContain(`sent to ${topics.events};`)
    })

    it('delivers events while alerts have nowhere to go, and alerts once they have', async () => {
      const topics = { ...(await freshTopics(broker)), alerts: unmadeTopics().alerts }
      const { sink, state } = await open(topics, {
        librdkafka: { 'topic.metadata.propagation.max.ms': 500 },
      })
      sink.alert({ n: 1 })
      for (const event of lines(50, 10)) await sink.accept(blockOf({ runs: [event] }))
      await sink.sync()
      expect(await textOf(topics.events)).toBe(lines(50, 10).join(''))
      await sink.close()
      await makeTopic(broker, topics.alerts)
      const { sink: next } = await open(topics, {}, state)
      await until(() => next.status?.().outbox === 0)
      expect((await textOf(topics.alerts)).split('\n')[0]).toBe('{"n":1}')
    })

    it('sends with the time of now what is too old for the topic', async () => {
      const topics = unmadeTopics()
      await makeTopic(broker, topics.events, { 'message.timestamp.before.max.ms': '60000' })
      const { sink, alerts } = await open(topics)
      await sink.accept(blockOf({ runs: lines(20, 10) }))
      await sink.sync()
      expect(await textOf(topics.events)).toBe(lines(20, 10).join(''))
      expect(alerts.map(({ type }) => type)).toEqual(['kafka.timestamp'])
    })

    it('puts among the rejects what the broker will not take as it is', async () => {
      const topics = unmadeTopics()
      await makeTopic(broker, topics.events, { 'cleanup.policy': 'compact' })
      await makeTopic(broker, topics.rejects)
      const { sink, alerts } = await open(topics, { key: 'none' })
      await sink.accept(blockOf({ runs: ['{"a":1}\n'], epoch: 2, place: 7 }))
      await sink.sync()
      expect(JSON.parse(await textOf(topics.rejects))).toEqual({
        pos: '2.0.7',
        reason: 'refused',
        node: null,
        text: '{"a":1}',
        bytes: 7,
      })
      expect(alerts.map(({ type }) => type)).toEqual(['kafka.timestamp', 'kafka.rejected'])
    })

    it('takes none of many for acknowledged that are refused together', async () => {
      const topics = unmadeTopics()
      await makeTopic(broker, topics.events, { 'cleanup.policy': 'compact' })
      await makeTopic(broker, topics.rejects)
      const { sink } = await open(topics, { key: 'none', maxMessageBytes: 40_000 })
      // Only parts have a key, without which such a topic takes nothing.
      const small = lines(500, 10)
      const large = lines(3, 60_000)
      for (let at = 0; at < small.length; at += 50)
        await sink.accept(blockOf({ runs: small.slice(at, at + 50) }))
      for (const event of large) await sink.accept(blockOf({ runs: [event] }))
      await sink.sync()
      const refused = (await textOf(topics.rejects)).trimEnd().split('\n')
      const texts = refused.map((line) => (JSON.parse(line) as { text: string }).text)
      expect(texts.toSorted()).toEqual(small.map((line) => line.trimEnd()).toSorted())
      const { stdout } = await run(process.execPath, [EXAMPLE, brokers, topics.events, '--once'])
      expect(new Set(stdout.match(/.+\n/g))).toEqual(new Set(large))
    })

    it('gives up waiting when it is closed, and says that not all was taken', async () => {
      const { sink } = await open(unmadeTopics(), { brokers: ['127.0.0.1:1'] })
      await sink.accept(blockOf({ runs: ['{"a":1}\n'] }))
      await expect(sink.close()).rejects.toThrow('1 messages were not acknowledged by Kafka')
    })
  })
})
