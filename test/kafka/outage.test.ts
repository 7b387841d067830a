import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker, whyNoBroker } from './broker.ts'
import { consumed } from './client.ts'
import { idsIn, idsOf, makePlace, pace, startService, until } from './program.ts'

/** A heartbeat, as far as it is looked at. */
interface Heartbeat {
  readonly node: string
  readonly from: string
  readonly out: { readonly events: number }
}

describe.skipIf(whyNoBroker() !== null)('while Kafka is away', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.end())

  it('nothing is lost and analysis goes on, and afterwards all of it is there in order', async () => {
    const place = makePlace(broker.client)
    const service = startService(place)
    const before = pace(service, place, { rate: 1000, seconds: 6 })
    await until(async () => expect(await consumed(broker.client, 'audit.events')).not.toEqual([]))
    await broker.stop()
    const stopped = new Date().toISOString()
    await before
    // In all 5,000 events a second, most of them of one key.
    const flood = {
      shape: 'flood',
      rate: 1000,
      'flood-rate': 4000,
      'flood-from': 3,
      seconds: 15,
    }
    const meanwhile = pace(service, place, { ...flood, 'start-serial': 1_000_000 })
    await service.says('kafka.unreachable')
    await service.says('flood.start')
    await until(() => expect(outboxed(place.dir).some(({ from }) => from > stopped)).toBe(true))
    await broker.start()
    await meanwhile
    service.child.stdin?.end()
    expect(await service.ended).toBe(0)

    const events = await consumed(broker.client, 'audit.events')
    expect(idsOf(events)).toEqual(idsIn(place))
    const heartbeats = (await consumed(broker.client, 'audit.rates')).map(
      ({ value }) => JSON.parse(value.toString()) as Heartbeat,
    )
    const told = new Map(heartbeats.map(({ node, from, out }) => [`${node} ${from}`, out.events]))
    const pieces = new Set(events.map(({ headers }) => `${headers['id']} ${headers['pos']}`))
    expect(sum([...told.values()])).toBe(pieces.size)
    const alerts = (await consumed(broker.client, 'audit.alerts')).map(({ value }) => String(value))
    expect(alerts.some((alert) => alert.includes('"flood.start"'))).toBe(true)
  })
})

/** Heartbeats in the outbox of a place. */
function outboxed(dir: string): Heartbeat[] {
  return readFileSync(join(dir, 'spool/state/outbox.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"kind":"rate"') && line.endsWith('}'))
    .map((line) => (JSON.parse(line) as { message: Heartbeat }).message)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)
