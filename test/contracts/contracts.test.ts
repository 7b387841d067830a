import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ZodType } from 'zod'
import type { Settings } from '../../src/config/settings.ts'
import { ALERT_TYPES } from '../../src/contracts/alert.ts'
import { CONTRACTS, schemaText } from '../../src/contracts/schemas.ts'
import type { Log } from '../../src/log.ts'
import type { Message } from '../../src/model/delivery.ts'
import { spoolAlert } from '../../src/service/alerts.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { encodeRejects } from '../../src/sink/reject.ts'
import type { Notice } from '../../src/spool/notice.ts'
import { make } from '../generate/made.ts'
import { MemorySink } from '../pipeline/memory.ts'
import { FakeWriter, GONE } from '../spool/fixture.ts'
import { saidAlerts } from './said.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SCHEMAS = join(ROOT, 'docs/schemas')
const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const spool = join(mkdtempSync(join(tmpdir(), 'spillway-contracts-')), 'spool')
afterAll(() => rmSync(join(spool, '..'), { recursive: true }))

/** A sink that keeps all that comes out, as it is sent. */
class KeepingSink extends MemorySink {
  readonly rates: Message[] = []
  readonly alerts: Message[] = []
  readonly rejects: Message[] = []

  override async accept(block: Parameters<MemorySink['accept']>[0]): Promise<void> {
    const lines = encodeRejects(block)?.toString().trimEnd().split('\n') ?? []
    for (const line of lines) this.rejects.push(JSON.parse(line) as Message)
    await super.accept(block)
  }

  override rate(heartbeat: Message): void {
    this.rates.push(heartbeat)
  }

  override alert(alert: Message): void {
    this.alerts.push(alert)
  }
}

/** A writer that dropped, was damaged and died, and one that goes on. */
function damagedSpool(): void {
  mkdirSync(spool)
  const stream = { seconds: 60, rate: 200, keys: 3, odd: 0.05, seed: 5 }
  const { bytes } = make({
    ...stream,
    shape: 'flood',
    floodFrom: 10,
    floodFor: 10,
    floodRate: 1500,
  })
  const half = bytes.indexOf('\n', bytes.length / 2) + 1
  const first = new FakeWriter(spool, 1, GONE)
  const pour = (writer: FakeWriter, from: number, to: number): void => {
    for (let at = from; at < to; at += 65_536)
      writer.data(bytes.subarray(at, Math.min(to, at + 65_536)))
  }
  pour(first, 0, half)
  first.gap({ firstNs: 1, lastNs: 2, firstMs: 1, lastMs: 2000, bytes: 700, lineFeeds: 7 })
  first.raw(Buffer.alloc(100, 'x'))
  first.rotate()
  const second = new FakeWriter(spool, 2)
  second.ns = first.ns
  pour(second, half, bytes.length)
  second.data('no record at all\n')
}

function settings(): Settings {
  return {
    node: 'web-01',
    input: 'spool',
    spool: { directory: spool, state: join(spool, 'state') },
    output: { kind: 'stdout' },
    format: 'native',
    raw: true,
    interpretedPrefix: '',
    workers: 0,
    ratesInterval: 10_000,
    watchFile: '/nonexistent/watch.ndjson',
    metricsListen: null,
    alertsExec: [],
    logLevel: 'error',
  } as Partial<Settings> as Settings
}

/** Fails unless a message is what its contract says, and has no member that it does not. */
function mustKeep(contract: ZodType, message: unknown): void {
  const kept = contract.parse(message)
  if (!isDeepStrictEqual(kept, message)) expect(kept).toEqual(message)
}

const sink = new KeepingSink()
const statuses: Message[] = []
beforeAll(async () => {
  damagedSpool()
  const run = runService(settings(), () => sink, QUIET)
  const statusNow = (): Message =>
    JSON.parse(readFileSync(join(spool, 'state/status.json'), 'utf8')) as Message
  await vi.waitFor(() => expect(sink.rates.length).toBeGreaterThan(3), 20_000)
  await vi.waitFor(() => statuses.push(statusNow()), 10_000)
  await vi.waitFor(() => expect(sink.rejects.at(-1)).toMatchObject({ bytes: 16 }), 20_000)
  process.emit('SIGTERM')
  await run
  statuses.push(statusNow())
})

describe('what comes out keeps its contract', () => {
  it('event', () => {
    const events = sink.text.trimEnd().split('\n')
    expect(events.length).toBeGreaterThan(5000)
    for (const line of events) mustKeep(CONTRACTS['event'], JSON.parse(line))
  })

  it('event, of real and odd logs', () => {
    const golden = join(ROOT, 'test/golden')
    const files = readdirSync(golden).filter((name) => name.endsWith('.ndjson'))
    for (const name of files)
      for (const line of readFileSync(join(golden, name), 'utf8').trimEnd().split('\n')) {
        const event = JSON.parse(line) as Message
        if ('EVENT' in event) mustKeep(CONTRACTS['event'], event)
      }
  })

  it('heartbeat', () => {
    for (const heartbeat of sink.rates) mustKeep(CONTRACTS['heartbeat'], heartbeat)
  })

  it('alert, of every type', () => {
    const alerts = [...sink.alerts, ...saidAlerts()]
    for (const alert of alerts) mustKeep(CONTRACTS['alert'], alert)
    expect(new Set(alerts.map(({ type }) => type))).toEqual(new Set(ALERT_TYPES))
  })

  it('reject', () => {
    expect(sink.rejects.length).toBeGreaterThan(10)
    for (const reject of sink.rejects) mustKeep(CONTRACTS['reject'], reject)
  })

  it('status', () => {
    for (const status of statuses) mustKeep(CONTRACTS['status'], status)
    expect(statuses[0]).toMatchObject({ node: 'web-01', stopped: null, sink: { kind: 'stdout' } })
    expect(statuses.at(-1)).toMatchObject({ counts: { dropped_lines: 7 } })
    expect(statuses.at(-1)?.['stopped']).not.toBeNull()
  })
})

describe('the text of an alert', () => {
  const at = { epoch: 1, place: 128 }
  const gap = { bytes: 9, lineFeeds: 1, firstNs: 0, lastNs: 0, firstMs: 0, lastMs: 0 }
  const notices: Notice[] = [
    { kind: 'dropped', at, gap },
    { kind: 'died', at, torn: 0 },
    { kind: 'skipped', from: at, to: at, bytes: null, lineFeeds: null },
    { kind: 'corrupt', from: at, to: at, bytes: 9, lineFeeds: 1, file: null },
  ]
  it.each(notices)('says how what is missing comes back ($kind)', (notice) => {
    expect(spoolAlert(notice, 'web-01', 0)['text']).toMatch(/: .*spillway reconcile --output .*\.$/)
  })
})

describe('the documentation', () => {
  it.each(Object.keys(CONTRACTS))(
    'has the JSON Schema of %s as it is (npm run schemas)',
    (name) => {
      const written = readFileSync(join(SCHEMAS, `${name}.json`), 'utf8')
      expect(written).toBe(schemaText(CONTRACTS[name]))
      expect(JSON.parse(written)).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
      })
    },
  )

  it('says of every type of alert what to do, where its runbook leads', () => {
    const page = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8')
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(expect.arrayContaining([...ALERT_TYPES]))
  })
})
