import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { Log } from '../../src/log.ts'
import { alertOf } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/delivery.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { SpoolRoom } from '../../src/service/spool-room.ts'
import { formatRoom, ROOM_FILE } from '../../src/spool/room-line.ts'
import { MemorySink } from '../pipeline/memory.ts'
import { FakeWriter } from '../spool/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-alerts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

class AlertSink extends MemorySink {
  readonly alerts: Message[] = []

  override alert(alert: Message): void {
    this.alerts.push(alert)
  }
}

/** Writes that auditing was switched off or on, and that time has gone by. */
function write(writer: FakeWriter, serial: number, enabled: 0 | 1): void {
  const stamp = `audit(${1_795_331_090 + serial}.000:${serial}):`
  writer.data(
    `type=CONFIG_CHANGE msg=${stamp} op=set audit_enabled=${enabled} old=${1 - enabled} auid=1000 ses=1 res=1\n`,
  )
  writer.ns += 5e9
  writer.tick()
}

function makePlace(name: string): { settings: Settings; writer: FakeWriter } {
  const directory = join(folder, name)
  mkdirSync(directory)
  return { settings: settingsAt(directory), writer: new FakeWriter(directory, 1) }
}

function settingsAt(directory: string, rates = {}): Settings {
  return settingsOf('', 'none.yaml', {
    node: 'web-01',
    spool: { directory },
    output: 'stdout',
    workers: 0,
    rates,
    watch: { file: '/nonexistent/watch.ndjson' },
    log: { level: 'error' },
  })
}

function openIn({ spool }: Settings): unknown {
  const text = readFileSync(join(spool.state, 'status.json'), 'utf8')
  return (JSON.parse(text) as { alerts: { open: unknown } }).alerts.open
}

/** Runs the service until `done` holds. */
async function runUntil(
  settings: Settings,
  sink: AlertSink,
  done: () => void,
  before: (onAlert: (alert: Message) => void) => void = () => {},
): Promise<void> {
  const run = runService(
    settings,
    (onAlert) => {
      before(onAlert)
      return sink
    },
    QUIET,
  )
  await vi.waitFor(done, { timeout: 20_000, interval: 50 })
  process.emit('SIGTERM')
  await run
}

const OFF = { type: 'audit.disabled', status: 'firing', dedup_key: 'audit.disabled/web-01/' }

test('an alert that is open stays open over a restart, and is resolved by the service after it', async () => {
  const { settings, writer } = makePlace('restart')
  write(writer, 1, 0)
  const first = new AlertSink()
  await runUntil(settings, first, () => expect(first.alerts).toMatchObject([OFF]))

  const second = new AlertSink()
  await runUntil(settings, second, () => expect(openIn(settings)).toMatchObject([OFF]))
  expect(second.alerts).toEqual([])
  // The status file of before has it too; this one was written by the service that has ended.
  expect(openIn(settings)).toMatchObject([OFF])

  write(writer, 2, 1)
  const third = new AlertSink()
  await runUntil(settings, third, () =>
    expect(third.alerts).toMatchObject([{ ...OFF, status: 'resolved' }]),
  )
  expect(openIn(settings)).toEqual([])
})

test('what analysis can no longer follow is withdrawn', async () => {
  const { settings, writer } = makePlace('interval')
  write(writer, 1, 0)
  const first = new AlertSink()
  await runUntil(settings, first, () => expect(first.alerts).toMatchObject([OFF]))

  const other = settingsAt(settings.spool.directory, { interval: 5 })
  const second = new AlertSink()
  await runUntil(other, second, () => expect(second.alerts).toHaveLength(1))
  expect(second.alerts).toMatchObject([
    { ...OFF, status: 'resolved', severity: 'info', text: expect.stringContaining('No longer') },
  ])
  expect(openIn(settings)).toEqual([])
})

test('what a sink told of itself is withdrawn before the next one finds out for itself', async () => {
  const { settings, writer } = makePlace('sink')
  write(writer, 1, 1)
  const alert = alertOf({
    type: 'kafka.unreachable',
    node: 'web-01',
    severity: 'critical',
    time: 1,
    subject: '',
    status: 'firing',
    startsAt: 1,
    endsAt: null,
    text: 'Kafka does not answer.',
    evidence: { topic: null, error: null },
  })
  const told = { type: 'kafka.unreachable', status: 'firing' }
  const first = new AlertSink()
  await runUntil(
    settings,
    first,
    () => expect(openIn(settings)).toMatchObject([told]),
    (onAlert) => onAlert(alert),
  )
  const second = new AlertSink()
  await runUntil(settings, second, () => expect(second.alerts).toHaveLength(1))
  expect(second.alerts).toMatchObject([{ ...told, status: 'resolved' }])
  expect(openIn(settings)).toEqual([])
})

test('a spool that was filling before a restart is said to have room again', () => {
  const { settings, writer } = makePlace('filling')
  writer.data('x\n')
  const { directory } = settings.spool
  const alerts: Message[] = []
  const open = { type: 'spool.filling', node: 'web-01', severity: 'critical' }
  const since = '2026-01-01T00:00:00.000Z'
  writeFileSync(join(directory, ROOM_FILE), formatRoom({ limit: 1 << 30, keepFree: 0 }))
  new SpoolRoom(directory, 'web-01', (alert) => void alerts.push(alert), [
    { ...open, starts_at: since },
  ]).look(false)
  expect(alerts).toMatchObject([{ status: 'resolved', starts_at: since }])
})
