import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Chunks } from '../../../src/sink/kafka/chunks.ts'
import type { Client, RawProducer } from '../../../src/sink/kafka/client.ts'
import { Line } from '../../../src/sink/kafka/line.ts'
import { Link } from '../../../src/sink/kafka/link.ts'
import { WAITING } from '../../../src/sink/kafka/message.ts'
import { Troubles } from '../../../src/sink/kafka/troubles.ts'
import { optionsOf } from './options.ts'

let link: Link | null = null
afterEach(async () => {
  await link?.close(0)
  link = null
  vi.restoreAllMocks()
})

/** A Kafka client whose producers connect or not, and how often that was tried. */
function clientThat(connects: boolean): { client: Client; tries: () => number } {
  let tries = 0
  const create = (): RawProducer => ({
    on: () => {},
    isConnected: () => connects,
    connect: (_options, done) => {
      tries++
      setImmediate(() => done(connects ? null : new Error('Local: Broker transport failure')))
    },
    disconnect: (_timeout, done) => done(),
    poll: () => {},
    setOauthBearerToken: () => {},
    produce: () => {},
  })
  const consume = (): never => {
    throw new Error('nothing is read here')
  }
  return { client: { features: [], create, consume }, tries: () => tries }
}

/** A client whose first producer connects and then tells nothing; later ones acknowledge what they are given. */
function clientThatSticks(): Client {
  let producers = 0
  const create = (): RawProducer => {
    const isStuck = producers++ === 0
    const events = new EventEmitter()
    return {
      on: (event: string, listener: (...heard: any[]) => void) => events.on(event, listener),
      isConnected: () => true,
      connect: (_options, done) => setImmediate(() => done(null)),
      disconnect: (_timeout, done) => done(),
      poll: () => {},
      setOauthBearerToken: () => {},
      produce: (_topic, _partition, _value, _key, _timestamp, opaque) => {
        if (!isStuck) setImmediate(() => events.emit('delivery-report', null, { opaque }))
      },
    }
  }
  return { ...clientThat(true).client, create }
}

function linkTo(client: Client, lines: Line[] = []): Link {
  link = new Link({
    client,
    options: optionsOf({}),
    lines,
    troubles: new Troubles('web-01', () => {}),
  })
  link.start()
  return link
}

describe('a link to Kafka, asked to try again', () => {
  it('connects at once instead of waiting for its turn', async () => {
    const { client, tries } = clientThat(false)
    const made = linkTo(client)
    // By itself the eighth try comes after a minute.
    for (let seen = 1; seen <= 8; seen++) {
      await vi.waitFor(() => expect(tries()).toBeGreaterThanOrEqual(seen), 5000)
      await sleep(20)
      made.retry()
    }
  })

  it('keeps a connection with which nothing is wrong', async () => {
    const { client, tries } = clientThat(true)
    const made = linkTo(client)
    await vi.waitFor(() => expect(made.connected).toBe(true), 5000)
    made.retry()
    await sleep(100)
    expect([made.connected, tries()]).toEqual([true, 1])
  })
})

describe('a producer that acknowledges nothing for half a minute', () => {
  it('is replaced, and what it was given is sent again', async () => {
    const delivered: string[] = []
    const line = new Line(new Chunks(), {
      onPassed: () => {},
      onDelivered: ({ id }) => delivered.push(id),
      onTrouble: () => {},
    })
    for (const id of ['a', 'b'])
      line.push({
        sender: line,
        topic: 'e',
        value: Buffer.from(id),
        key: null,
        timestamp: 0,
        headers: undefined,
        id,
        epoch: 1,
        place: 0,
        chunk: null,
        open: WAITING,
        failed: false,
      })
    const made = linkTo(clientThatSticks(), [line])
    await vi.waitFor(() => expect(made.connected).toBe(true), 5000)
    await sleep(100)
    expect(delivered).toEqual([])
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 31_000)
    await vi.waitFor(() => expect(delivered).toEqual(['a', 'b']), 10_000)
  })
})
