import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test, vi } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { buildShim, exitOf, startProcess } from '../shim/process.ts'
import { framesOf, type Section, sectionOf } from './sections.ts'
import {
  buildService,
  eventText,
  makePlace,
  type Place,
  startService,
  untilDelivered,
} from './service.ts'

let script: string
let shim: string
beforeAll(async () => {
  script = await buildService()
  shim = buildShim()
})

const EVENTS = 60_000
/** Stamps of `eventText` go on by a second every hundred events. */
const INTERVALS = EVENTS / 100 / 10

/** Heartbeats in the order of their first telling, by interval; all tellings of each. */
function heartbeatsOf({ out }: Place): Map<string, Message[]> {
  const told = new Map<string, Message[]>()
  const lines = readFileSync(join(out, 'rates.ndjson'), 'utf8').split('\n').slice(0, -1)
  for (const line of lines) {
    const { now, ...heartbeat } = JSON.parse(line) as Message
    expect(now).toBeDefined()
    const from = String(heartbeat['from'])
    told.set(from, [...(told.get(from) ?? []), heartbeat])
  }
  return told
}

test('heartbeats are the same after any kill, and their digests those of the spool', async () => {
  const place = makePlace()
  const writers = [
    [1, EVENTS / 2],
    [EVENTS / 2 + 1, EVENTS],
  ]
  for (const [from, to] of writers) {
    const writer = startProcess(shim, ['--spool', place.spool])
    const ended = exitOf(writer)
    const events = Array.from({ length: to - from + 1 }, (_, n) => eventText(from + n))
    writer.stdin?.end(events.join(''))
    expect((await ended).code).toBe(0)
  }
  for (let kill = 0; kill < 5; kill++) {
    const service = startService(script, place)
    const ended = exitOf(service)
    await untilDelivered(place, kill * 5000 + 1)
    await sleep(100 * kill)
    service.kill('SIGKILL')
    await ended
  }
  const last = startService(script, place)
  await untilDelivered(place, EVENTS)
  await vi.waitFor(() => expect(heartbeatsOf(place).size).toBe(INTERVALS - 1), 20_000)
  last.kill('SIGTERM')
  await exitOf(last)

  const frames = framesOf(place.spool)
  let end: string | null = null
  let events = 0
  for (const [first, ...again] of heartbeatsOf(place).values()) {
    for (const other of again) expect(other).toEqual(first)
    const { from, to, bytes, sha256 } = first['stream'] as Section
    expect(end ?? from).toBe(from)
    expect({ from, to, bytes, sha256 }).toEqual(sectionOf(frames, { from, to }))
    end = to
    events += (first['in'] as { events: number }).events
    expect(first['serials']).toMatchObject({ missing: 0 })
  }
  // The last ten seconds and the one event after them are not told yet.
  expect(events).toBe(EVENTS - 1001)
})
