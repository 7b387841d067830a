import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import type { Settings } from '../../src/config/settings.ts'
import type { Log } from '../../src/log.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { make } from '../generate/made.ts'
import { MemorySink } from '../pipeline/memory.ts'
import { freePort } from '../receive/audisp-remote.ts'
import { FakeWriter } from '../spool/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the status file says, as far as it is looked at by name. */
interface Status {
  readonly delivery: { readonly done: string | null }
}

function settingsOf(directory: string, port: number): Settings {
  return {
    node: 'web-01',
    input: 'spool',
    spool: { directory, state: join(directory, 'state') },
    output: { kind: 'stdout' },
    format: 'native',
    raw: false,
    interpretedPrefix: '',
    workers: 0,
    ratesInterval: 1000,
    watchFile: '/nonexistent/watch.ndjson',
    metricsListen: { host: '127.0.0.1', port },
    alertsExec: ['/bin/sh', '-c', `cat >> '${directory}.told'`],
    logLevel: 'error',
  } as Partial<Settings> as Settings
}

test('rates and floods go on in the log, the status file, the metrics and the program while the sink takes nothing', async () => {
  const directory = join(folder, 'spool')
  mkdirSync(directory)
  const writer = new FakeWriter(directory, 1)
  const stream = { seconds: 30, rate: 30, keys: 3, seed: 5 }
  const { bytes } = make({
    ...stream,
    shape: 'flood',
    floodKey: 'noise',
    floodFrom: 5,
    floodFor: 25,
    floodRate: 400,
  })
  const pour = (from: number, to: number): void => {
    for (let at = from; at < to; at += 65_536)
      writer.data(bytes.subarray(at, Math.min(to, at + 65_536)))
  }
  const said: [object, string][] = []
  const keep = (fields: object, text: string): void => void said.push([fields, text])
  const log: Log = { debug: () => {}, info: keep, warn: keep, error: keep }
  const status = (): Status =>
    JSON.parse(readFileSync(join(directory, 'state/status.json'), 'utf8')) as Status

  const sink = new MemorySink()
  pour(0, 65_536)
  const port = await freePort()
  const run = runService(settingsOf(directory, port), () => sink, log)
  await vi.waitFor(() => expect(status().delivery.done).not.toBeNull(), 10_000)
  sink.stick()
  pour(65_536, bytes.length)

  const noise = expect.objectContaining({ key: 'noise' }) as object
  const flood = { type: 'flood.start', dedup_key: 'flood/web-01/noise', status: 'firing' }
  const behind = {
    parted: true,
    alerts: { open: [flood] },
    rates: [{ node: 'web-01', keys: expect.arrayContaining([noise]) as object }],
  }
  await vi.waitFor(() => expect(status()).toMatchObject(behind), 20_000)
  expect(said.map(([, text]) => text)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^Events with rule key "noise" .* make/)]),
  )
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const text = await answer.text()
  expect(text).toMatch(/^spillway_key_records_per_second\{node="web-01",key="noise"\} \d/m)
  expect(text).toMatch(/^spillway_delivery_waits 1$/m)
  await vi.waitFor(
    () => expect(readFileSync(`${directory}.told`, 'utf8')).toContain('noise'),
    10_000,
  )

  const stood = status().delivery.done
  await vi.waitFor(() => {
    const rates = said.filter(([fields]) => 'records_per_s' in fields)
    expect(rates.length).toBeGreaterThan(5)
  }, 10_000)
  expect(status().delivery.done).toBe(stood)
  expect(statSync(join(directory, 'state/status.json')).mode & 0o777).toBe(0o640)

  sink.free()
  process.emit('SIGTERM')
  await run
}, 60_000)
