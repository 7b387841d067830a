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
