import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/verify/audit.ts'
import { spillway } from '../cli/spillway.ts'
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
} from './program.ts'
import { freshTopics, type Topics } from './topics.ts'

const DAY_S = 86_400

/** A token that nobody signed, for a user. */
function tokenFor(user: string): string {
  const now = Math.floor(Date.now() / 1000)
  const parts = [{ alg: 'none' }, { sub: user, iat: now, exp: now + DAY_S }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return `${parts.join('.')}.`
}

/** The properties without those of another way of logging in. */
const withoutPassword = (properties: Properties): Properties =>
  Object.fromEntries(
    Object.entries(properties).filter(([name]) => !/^sasl\.(username|password)$/.test(name)),
  )

/** The ways of logging in: properties and section `kafka` from those of PLAIN, which the broker gives. */
const WAYS = {
  PLAIN: (right: Properties) => ({ properties: right, kafka: {} }),
  'SCRAM-SHA-512': (right: Properties) => ({
    properties: { ...right, 'sasl.mechanisms': 'SCRAM-SHA-512' },
    kafka: {},
  }),
  OAUTHBEARER: (right: Properties, { dir }: Place) => {
    const file = join(dir, 'token')
    writeFileSync(file, tokenFor(right['sasl.username']), { mode: 0o600 })
    return {
      properties: { ...withoutPassword(right), 'sasl.mechanisms': 'OAUTHBEARER' },
      kafka: { oauth_token_file: file },
    }
  },
} as const

describe.skipIf(whyNoBroker() !== null)('over TLS, with a client certificate and', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker('--tls', '--acl')
  })
  afterAll(() => broker.end())

  /** Delivers a stream to fresh topics; gives these. */
  async function deliver(place: Place, properties: Properties, kafka: object): Promise<Topics> {
    const topics = await freshTopics(broker.admin)
    makeInput(place, { events: 500 })
    configure(place, properties, { ...kafka, topics })
    const service = startService(place)
    await feed(service, place)
    service.child.stdin?.end()
    expect(await service.ended).toBe(0)
    expect(idsOf(await consumed(broker.admin, topics.events))).toEqual(idsIn(place))
    return topics
  }

  const config = ({ dir }: Place): string => join(dir, 'spillway.yaml')
  const verify = (place: Place, ...args: readonly string[]) =>
    spillway(['verify', '--json', '--config', config(place), 'kafka', '--events', 'kafka', ...args])

  it.each(Object.entries(WAYS))(
    '%s the service delivers, and verify reads what it delivered',
    async (_mechanism, way) => {
      const place = makePlace(broker.admin)
      const { properties, kafka } = way(broker.admin, place)
      await deliver(place, properties, kafka)
      const checked = await spillway(['config', 'check', config(place)])
      expect([checked.code, checked.err]).toEqual([0, ''])
      const { code, out, err } = await verify(place)
      expect([code, err]).toEqual([0, ''])
      const { hours } = JSON.parse(out) as Verdict
      expect(hours.reduce((sum, { events }) => sum + events, 0)).toBe(500)
    },
  )

  it('a wrong password verify ends with one line', async () => {
    const place = makePlace({ ...broker.admin, 'sasl.password': 'guessed' })
    const { code, out, err } = await verify(place)
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(
      /^spillway: cannot read the topic audit\.rates: .*uthentication failed.*\n$/,
    )
  })

  it('no right to read verify ends with one line, and the right to read is enough', async () => {
    const place = makePlace(broker.client)
    const topics = await deliver(place, broker.admin, {})
    configure(place, broker.client, { topics })
    await broker.allow(topics.rates)
    const refused = await verify(place)
    expect([refused.code, refused.out]).toEqual([3, ''])
    expect(refused.err).toMatch(
      /^spillway: cannot read the topic \S+\.rates: .*opic authorization failed.*\n$/,
    )
    for (const topic of [topics.events, topics.rates]) await broker.allowReading(topic)
    const { code, err } = await verify(place)
    expect([code, err]).toEqual([0, ''])
  })

  it('another CA verify ends with one line', async () => {
    const place = makePlace({
      ...broker.admin,
      'ssl.ca.location': broker.admin['ssl.key.location'],
    })
    const { code, out, err } = await verify(place)
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(/^spillway: cannot read the topic audit\.rates: .*ertificate.*\n$/)
  })
})
