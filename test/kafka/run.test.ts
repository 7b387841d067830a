import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT, shell, spillway } from '../cli/spillway.ts'
import { consumed } from './client.ts'
import { broker, brokers } from './open-sink.ts'
import { freshTopics, makeTopic } from './topics.ts'

const CAPTURES = join(ROOT, 'test/captures')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-kafka-run-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Events without what differs between a spool and a plain file. */
const withoutPlace = (lines: readonly string[]): unknown[] =>
  lines.map((line) => {
    const { EVENT, ...records } = JSON.parse(line) as { EVENT: Record<string, unknown> }
    return { ...records, EVENT: { ...EVENT, pos: null, boot: null } }
  })

describe.skipIf(brokers === '')('spillway run --output kafka', () => {
  it.each(['enriched.string.gz', 'enriched.binary.gz'])(
    'delivers what decode gives of %s, in order, and its lines, and ends with it',
    async (name) => {
      const log = join(CAPTURES, name)
      const topics = { ...(await freshTopics(broker)), raw: `test.${name}.${process.pid}` }
      await makeTopic(broker, topics.raw)
      const config = join(directory, 'spillway.yaml')
      writeFileSync(
        config,
        JSON.stringify({
          node: 'web-01',
          input: '-',
          spool: { directory: join(directory, name) },
          kafka: { brokers: brokers.split(','), topics },
        }),
      )
      const decoded = (await shell(`zcat ${log} | spillway decode --node web-01`)).out
      const args = ['run', '--config', config, '--output', 'kafka']
      const { code, err } = await spillway(args, gunzipSync(readFileSync(log)))
      expect([code, err]).toEqual([0, expect.stringContaining('"stopped"')])
      const messages = await consumed(broker, topics.events)
      expect(withoutPlace(messages.map(({ value }) => value.toString()))).toEqual(
        withoutPlace(decoded.trimEnd().split('\n')),
      )
      const lines = (await shell(`zcat ${log} | spillway decode --format raw`)).out
      const raw = await consumed(broker, topics.raw)
      expect(raw.map(({ value }) => `${value.toString('latin1')}\n`).join('')).toBe(
        Buffer.from(lines).toString('latin1'),
      )
      expect(raw.map(({ headers }) => headers)).toEqual(
        messages.map(({ headers }) => ({ ...headers, schema: 'raw/1' })),
      )
      for (const { key, value, headers } of messages) {
        const { EVENT } = JSON.parse(value.toString()) as {
          EVENT: { id: string; pos: string; keys: string[] }
        }
        expect(key).toBe(EVENT.id.replace(/:[\d.]+:d?\d+$/, ''))
        const { id, pos, keys = '' } = headers
        expect([id, pos, keys]).toEqual([EVENT.id, EVENT.pos, EVENT.keys.join(',')])
      }
    },
  )
})
