import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { listSegments } from '../../src/spool/directory.ts'
import { Audit, type Verdict } from '../../src/verify/audit.ts'
import { buildShim, exitOf, startProcess } from '../shim/process.ts'
import { FakeWriter, GONE } from '../spool/fixture.ts'
import {
  buildService,
  eventText,
  makePlace,
  type Place,
  startService,
  untilSerial,
} from './service.ts'

let script: string
let shim: string
beforeAll(async () => {
  script = await buildService()
  shim = buildShim()
})

const linesOf = ({ out }: Place, name: string): string[] =>
  readFileSync(join(out, name), 'utf8').split('\n').slice(0, -1)

/** Events of serials from one to another. */
function textOf(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, n) => eventText(from + n)).join('')
}

/** Writes events in frames as a shim would, at the time of their stamps: a hundred a second. */
function pour(writer: FakeWriter, from: number, to: number): void {
  for (let serial = from; serial <= to; serial += 100) {
    writer.data(textOf(serial, Math.min(to, serial + 99)))
    writer.ns += 1_000_000_000
  }
}

function verdictOf(rates: readonly string[], events: readonly string[] = []): Verdict {
  const audit = new Audit()
  for (const [n, line] of rates.entries()) audit.take(line, `rates:${n}`)
  for (const [n, line] of events.entries()) audit.takeEvent(line, `events:${n}`)
  return audit.verdict()
}

/** Settles when all but the last seconds is told. */
async function untilTold(place: Place, seconds: number): Promise<void> {
  await vi.waitFor(() => {
    const last = JSON.parse(linesOf(place, 'rates.ndjson').at(-1) ?? '') as { to: string }
    const end = Date.parse(last.to) / 1000 - 1_795_331_090
    if (end < seconds) throw new Error('not yet')
  }, 20_000)
}

test('heartbeats of a stream with faults name each of them, and nothing else', async () => {
  const place = makePlace()
  const first = startService(script, place)
  const killed = startProcess(shim, ['--spool', place.spool])
  const gone = exitOf(killed)
  killed.stdin?.write(textOf(1, 3000))
  await untilSerial(place, 2999)
  killed.kill('SIGKILL')
  await gone
  const next = startProcess(shim, ['--spool', place.spool])
  const ended = exitOf(next)
  next.stdin?.end(textOf(3501, 6000))
  expect((await ended).code).toBe(0)
  await untilSerial(place, 5999)
  first.kill('SIGTERM')
  await exitOf(first)

  const epoch = listSegments(place.spool).at(-1)?.epoch ?? 0
  const writer = new FakeWriter(place.spool, epoch + 1, GONE)
  writer.ns = Number(process.hrtime.bigint())
  pour(writer, 6001, 7000)
  const times = { firstNs: 1, lastNs: 2, firstMs: 1, lastMs: 2 }
  writer.gap({ ...times, bytes: 70_000, lineFeeds: 800 })
  pour(writer, 7201, 8000)
  writer.rotate()
  pour(writer, 8001, 9000)
  const deleted = writer.path
  writer.rotate()
  pour(writer, 9001, 14_000)
  rmSync(deleted)
  const second = startService(script, place)
  await untilSerial(place, 13_999)
  await untilTold(place, 120)
  second.kill('SIGTERM')
  await exitOf(second)

  const rates = linesOf(place, 'rates.ndjson')
  const events = linesOf(place, 'events.ndjson')
  const { findings, complete } = verdictOf(rates, events)
  expect(complete).toBe(false)
  const told = findings.map(({ cause, unit, count, text }) => [cause, unit, count, text])
  const why = (what: string): unknown => expect.stringContaining(what)
  expect(new Set(findings.map(({ cause }) => cause))).toEqual(new Set(['spool']))
  expect(told).toEqual(
    expect.arrayContaining([
      ['spool', 'lines', null, why('spool.died')],
      ['spool', 'events', 500, why('serials 3001-3500 did not come: spool.died')],
      ['spool', 'lines', 800, why('spool.dropped')],
      ['spool', 'events', 200, why('serials 7001-7200 did not come: spool.dropped')],
      ['spool', 'lines', 4000, why('spool.skipped')],
      ['spool', 'events', 1000, why('serials 8001-9000 did not come: spool.skipped')],
    ]),
  )
  expect(told).toHaveLength(6)

  const [gap] = verdictOf(rates.toSpliced(5, 1)).findings.filter(
    ({ cause }) => cause === 'heartbeat',
  )
  expect(gap).toMatchObject({ node: 'web-01', count: 1 })
  const lacking = verdictOf(rates, events.toSpliced(1000, 3)).findings
  expect(lacking.filter(({ cause }) => cause === 'events')).toMatchObject([{ count: 3 }])
  expect(readdirSync(place.out)).toContain('alerts.ndjson')
}, 60_000)
