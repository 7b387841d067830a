import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, type Properties, startBroker, whyNoBroker } from './broker.ts'
import { consumed } from './client.ts'
import {
  configure,
  feed,
  idsIn,
  idsOf,
  makeInput,
  makePlace,
  type Place,
  startService,
  until,
} from './program.ts'
import { freshTopics } from './topics.ts'

/** A mistake in the configuration, or in what it names. */
interface Mistake {
  readonly what: string
  readonly says: string
  readonly make: (right: Properties, place: Place) => Properties
  readonly topics?: object
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'a CA that did not sign the certificate of the broker',
    says: 'certificate verify failed',
    make: (right, place) => ({ ...right, 'ssl.ca.location': otherCa(place) }),
  },
  {
    what: 'no client certificate',
    says: 'alert bad certificate',
    make: (right) =>
      Object.fromEntries(Object.entries(right).filter(([name]) => !/ssl\.(cert|key)/.test(name))),
  },
  {
    what: 'a wrong password',
    says: 'Authentication failed',
    make: (right) => ({ ...right, 'sasl.password': 'guessed' }),
  },
  {
    what: 'a topic that is not there',
    says: 'unknown topic',
    make: (right) => right,
    topics: { topics: { events: 'audit.evnets' } },
  },
]

/** A CA of somebody else. */
function otherCa({ dir }: Place): string {
  const path = join(dir, 'other-ca.pem')
  const made = ['-subj', '/CN=other', '-nodes', '-keyout', '/dev/null', '-out', path]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...made], { stdio: 'pipe' })
  return path
}

const outbox = ({ dir }: Place): string =>
  readFileSync(join(dir, 'spool/state/outbox.ndjson'), 'utf8')

describe.skipIf(whyNoBroker() !== null)('what Kafka refuses', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker('--tls', '--acl')
  })
  afterAll(() => broker.end())

  it.each(MISTAKES)('for $what is told, and there after the mistake is mended', async (mistake) => {
    const topics = await freshTopics(broker.admin)
    const place = makePlace(broker.admin)
    makeInput(place, { events: 2000 })
    configure(place, mistake.make(broker.admin, place), { topics, ...mistake.topics })
    const mistaken = startService(place)
    await feed(mistaken, place)
    await mistaken.says(mistake.says)
    mistaken.child.kill('SIGTERM')
    expect(await mistaken.ended).toBe(0)
    expect(await consumed(broker.admin, topics.events)).toEqual([])

    configure(place, broker.admin, { topics })
    const mended = startService(place)
    mended.child.stdin?.end()
    expect(await mended.ended).toBe(0)
    expect(idsOf(await consumed(broker.admin, topics.events))).toEqual(idsIn(place))
  })

  it('for want of a right to write events comes once the right is given, without a restart', async () => {
    await broker.deny('audit.events')
    const place = makePlace(broker.client)
    makeInput(place, { events: 2000 })
    const service = startService(place)
    await feed(service, place)
    await service.says('kafka.refused')
    expect(await consumed(broker.admin, 'audit.events')).toEqual([])
    service.child.stdin?.end()
    await broker.allow('audit.events')
    expect(await service.ended).toBe(0)
    expect(idsOf(await consumed(broker.admin, 'audit.events'))).toEqual(idsIn(place))
  })

  /** Alerts about a flood that have come. */
  async function floods(): Promise<number> {
    const alerts = await consumed(broker.admin, 'audit.alerts')
    return alerts.filter(({ value }) => value.includes('"flood.start"')).length
  }

  it('of alerts holds up no events, and comes once the right is given', async () => {
    await broker.deny('audit.alerts')
    const before = await floods()
    const topics = await freshTopics(broker.admin)
    await broker.allow(topics.events)
    const place = makePlace(broker.client, { topics: { events: topics.events } })
    makeInput(place, { shape: 'flood', 'flood-from': 5, 'flood-rate': 3000, seconds: 11 })
    const service = startService(place)
    await feed(service, place)
    await service.says('kafka.refused')
    service.child.stdin?.end()
    expect(await service.ended).toBe(0)
    expect(idsOf(await consumed(broker.admin, topics.events))).toEqual(idsIn(place))
    expect(outbox(place)).toContain('"flood.start"')
    expect(await floods()).toBe(before)

    await broker.allow('audit.alerts')
    const again = startService(place)
    await until(async () => expect(await floods()).toBeGreaterThan(before))
    again.child.stdin?.end()
    expect(await again.ended).toBe(0)
  })
})
