import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Chunks } from '../../../src/sink/kafka/chunks.ts'
import { Line } from '../../../src/sink/kafka/line.ts'
import type { Link } from '../../../src/sink/kafka/link.ts'
import { FakeKafka } from './fake-client.ts'
import { linkTo } from './line-to.ts'

let link: Link | null = null
afterEach(async () => {
  await link?.close(0)
  link = null
})

function connecting(kafka: FakeKafka): Link {
  const hooks = { onPassed: () => {}, onDelivered: () => {}, onTrouble: () => {} }
  link = linkTo(kafka, new Line(new Chunks(), hooks))
  return link
}

describe('a link to Kafka, asked to try again', () => {
  it('connects at once instead of waiting for its turn', async () => {
    const kafka = new FakeKafka()
    kafka.connects = false
    const made = connecting(kafka)
    // By itself the eighth try comes after a minute.
    for (let seen = 1; seen <= 8; seen++) {
      await vi.waitFor(() => expect(kafka.tries).toBeGreaterThanOrEqual(seen), 5000)
      await sleep(20)
      made.retry()
    }
  })

  it('keeps a connection with which nothing is wrong', async () => {
    const kafka = new FakeKafka()
    const made = connecting(kafka)
    await vi.waitFor(() => expect(made.connected).toBe(true), 5000)
    made.retry()
    await sleep(100)
    expect([made.connected, kafka.tries]).toEqual([true, 1])
  })
})
