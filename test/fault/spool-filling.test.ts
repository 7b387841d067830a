import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { buildShim, exitOf, startProcess } from '../shim/process.ts'
import { buildService, eventText, makePlace, startService } from './service.ts'

let script: string
let shim: string
beforeAll(async () => {
  script = await buildService()
  shim = buildShim()
})

const LIMIT = 4 << 20

test('a spool that fills up is an alert until it is empty, and heartbeats and status have its limit', async () => {
  const place = makePlace()
  const args = ['--spool', place.spool, '--limit', String(LIMIT), '--compress', 'never']
  const writer = startProcess(shim, args)
  const ended = exitOf(writer)
  const events = Array.from({ length: 9600 }, (_, n) => eventText(n + 1)).join('')
  expect(events.length / LIMIT).toBeGreaterThan(0.8)
  writer.stdin?.write(events)
  const told = (file: string): Message[] => {
    const text = readFileSync(join(place.out, `${file}.ndjson`), 'utf8')
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Message)
  }
  const fillings = () => told('alerts').filter(({ type }) => type === 'spool.filling')
  await vi.waitFor(() => readFileSync(join(place.spool, 'room')), 10_000)
  const service = startService(script, place)
  await vi.waitFor(() => expect(fillings().at(-1)).toMatchObject({ status: 'resolved' }), 30_000)
  const [first] = fillings()
  expect(first).toMatchObject({ severity: 'critical', status: 'firing', ends_at: null })
  expect(first['text']).toContain('spillway status')
  const { bytes, limit, share } = first['evidence'] as Record<string, number>
  expect(limit).toBe(LIMIT)
  expect(bytes).toBeGreaterThan(events.length)
  expect(share).toBeCloseTo(bytes / limit, 2)
  expect(fillings().at(-1)?.['starts_at']).toBe(first['starts_at'])
  expect(told('rates').at(-1)).toMatchObject({ now: { spool_limit: LIMIT } })
  const status = JSON.parse(readFileSync(join(place.spool, 'state/status.json'), 'utf8')) as Message
  expect(status).toMatchObject({ spool: { limit: LIMIT }, alerts: { open: [] } })
  service.kill('SIGTERM')
  await exitOf(service)
  writer.stdin?.end()
  await ended
})

test.each(['drop-newest', 'block'])(
  'a spool that was filled within a second is emptied once it is read, and takes records again (%s)',
  async (whenFull) => {
    const place = makePlace()
    const args = ['--spool', place.spool, '--limit', String(LIMIT), '--when-full', whenFull]
    const writer = startProcess(shim, [...args, '--compress', 'never'])
    const ended = exitOf(writer)
    let said = ''
    writer.stderr?.on('data', (chunk) => {
      said += String(chunk)
    })
    // All in one interval of the heartbeats: none is over that would let segments go.
    const line = (serial: number): string =>
      `type=USER_LOGIN msg=audit(1795331090.000:${serial}): pid=1 pad="${'x'.repeat(900)}"\n`
    writer.stdin?.write(Array.from({ length: 6000 }, (_, n) => line(n + 1)).join(''))
    await vi.waitFor(() => expect(said).toContain('the spool is full'), 10_000)
    const service = startService(script, place)
    const events = (): string => readFileSync(join(place.out, 'events.ndjson'), 'utf8')
    const come = (): void => {
      writer.stdin?.write(line(7000))
      expect(events()).toContain('"serial":7000,')
    }
    await vi.waitFor(come, { timeout: 20_000, interval: 200 })
    expect(said).toContain('the spool has room again')
    service.kill('SIGTERM')
    await exitOf(service)
    writer.stdin?.end()
    await ended
  },
)
