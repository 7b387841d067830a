import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test, vi } from 'vitest'
import { buildShim, exitOf, loadOf, startProcess } from '../shim/process.ts'
import {
  buildService,
  delivered,
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

const events = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => eventText(from + n)).join('')

const serials = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

/** A whole life of a shim. */
async function write(place: Place, text: string): Promise<void> {
  const writer = startProcess(shim, ['--spool', place.spool])
  const ended = exitOf(writer)
  writer.stdin?.end(text)
  expect((await ended).code).toBe(0)
}

test('standard input is delivered to its end, and a second start has nothing to add', async () => {
  const place = makePlace()
  for (const text of [events(1, 2001), '']) {
    const service = startService(script, place, { input: '-' })
    const ended = exitOf(service)
    service.stdin?.end(text)
    expect(await ended).toMatchObject({ code: 0, said: '' })
  }
  expect(delivered(place)).toEqual({ serials: serials(2000), repeated: 0, contradictions: 0 })
})

test('an event that is open at the end of standard input is delivered, as what it is', async () => {
  const place = makePlace()
  const service = startService(script, place, { input: '-' })
  const ended = exitOf(service)
  service.stdin?.end(events(1, 3).replace(/type=EOE[^\n]*\n$/, ''))
  expect((await ended).code).toBe(0)
  expect(delivered(place).serials).toEqual([1, 2])
})

test('TERM loses nothing and repeats nothing', async () => {
  const place = makePlace()
  const writer = startProcess(shim, ['--spool', place.spool])
  const written = exitOf(writer)
  for (let round = 0; round < 6; round++) {
    const service = startService(script, place)
    const ended = exitOf(service)
    writer.stdin?.write(events(round * 500 + 1, round * 500 + 301))
    await untilDelivered(place, round * 500 + 1)
    writer.stdin?.write(events(round * 500 + 301, round * 500 + 501))
    service.kill(round % 2 === 0 ? 'SIGTERM' : 'SIGINT')
    expect(await ended).toMatchObject({ code: 0, said: '' })
  }
  writer.stdin?.end()
  await written
  const last = startService(script, place)
  await untilDelivered(place, 3000)
  last.kill('SIGTERM')
  await exitOf(last)
  expect(delivered(place)).toEqual({ serials: serials(3000), repeated: 0, contradictions: 0 })
})

test('a service that another one replaces stops and says so', async () => {
  const place = makePlace()
  const writer = startProcess(shim, ['--spool', place.spool])
  writer.stdin?.write(events(1, 11))
  const first = startService(script, place)
  const firstEnd = exitOf(first)
  await untilDelivered(place, 10)
  const second = startService(script, place)
  const secondEnd = exitOf(second)
  await vi.waitFor(() => expect(generation(place)).toBe(2), { timeout: 20_000 })
  writer.stdin?.write(events(11, 21))
  const { code, said } = await firstEnd
  expect(code).toBe(1)
  expect(said).toMatch(/another service has taken over/)
  writer.stdin?.end()
  await exitOf(writer)
  await untilDelivered(place, 20)
  second.kill('SIGTERM')
  expect((await secondEnd).code).toBe(0)
  expect(delivered(place)).toMatchObject({ serials: serials(20), contradictions: 0 })
})

test('a spool that was made anew is read from its beginning', async () => {
  const place = makePlace()
  await write(place, events(1, 1001))
  const before = startService(script, place)
  await untilDelivered(place, 1000)
  before.kill('SIGTERM')
  await exitOf(before)
  for (const name of ['00000001-00000000.seg', 'state/released'])
    rmSync(join(place.spool, name), { force: true })
  await write(place, events(1001, 1101))
  const after = startService(script, place)
  await untilDelivered(place, 1100)
  after.kill('SIGTERM')
  await exitOf(after)
  expect(delivered(place)).toEqual({ serials: serials(1100), repeated: 0, contradictions: 0 })
  expect(readFileSync(join(place.out, 'alerts.ndjson'), 'utf8')).toMatch(/"spool\.skipped"/)
})

test('a spool that is not there is one clear line and makes nothing', async () => {
  const place = makePlace()
  rmSync(place.spool, { recursive: true })
  expect(await exitOf(startService(script, place))).toMatchObject({
    code: 5,
    said: expect.stringMatching(
      /^cannot use the spool .*: it does not exist; install the shim/,
    ) as string,
  })
})

test('an idle service takes next to nothing', async () => {
  const place = makePlace()
  const writer = startProcess(shim, ['--spool', place.spool])
  writer.stdin?.write(events(1, 11))
  const service = startService(script, place)
  await untilDelivered(place, 10)
  await sleep(5500)
  // What one wake-up costs depends on what else runs: the quietest of three looks is the service's own.
  const looks = [await idleFor(service), await idleFor(service), await idleFor(service)]
  service.kill('SIGTERM')
  writer.stdin?.end()
  await Promise.all([exitOf(service), exitOf(writer)])
  // 4 s: 0.3 % of a processor is a tick, five wake-ups a second are twenty.
  expect(Math.min(...looks.map(({ ticks }) => ticks))).toBeLessThanOrEqual(4)
  expect(Math.min(...looks.map(({ wakeUps }) => wakeUps))).toBeLessThanOrEqual(24)
})

/** The highest generation that a service has written. */
function generation({ spool }: Place): number {
  const slots = ['a', 'b'].map((slot) => join(spool, `state/checkpoint.${slot}`))
  const texts = slots.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
  return Math.max(...texts.map((text) => Number(/"generation":(\d+)/.exec(text)?.[1] ?? 0)))
}

/** What a service uses in four seconds. */
async function idleFor({ pid = 0 }: ChildProcess): Promise<{ ticks: number; wakeUps: number }> {
  const before = idleOf(pid)
  await sleep(4000)
  const after = idleOf(pid)
  return { ticks: after.ticks - before.ticks, wakeUps: after.wakeUps - before.wakeUps }
}

/** CPU ticks of all threads, wake-ups of the main one: the others are V8's, which tidies up once. */
function idleOf(pid: number): { ticks: number; wakeUps: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const wakeUps = Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
  return { ticks: loadOf(pid).ticks, wakeUps }
}
