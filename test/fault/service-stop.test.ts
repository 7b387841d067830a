import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { Log } from '../../src/log.ts'
import { ExitCode, Failure } from '../../src/model/failure.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { MemorySink } from '../pipeline/memory.ts'
import { buildShim, exitOf, startProcess } from '../shim/process.ts'
import { eventText } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-stop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Settings for a spool of its own that holds `count` events and is no longer written. */
async function spooled(name: string, count: number): Promise<Settings> {
  const directory = join(folder, name)
  mkdirSync(directory)
  const writer = startProcess(buildShim(), ['--spool', directory])
  const ended = exitOf(writer)
  writer.stdin?.end(Array.from({ length: count }, (_, n) => eventText(n + 1)).join(''))
  await ended
  return settingsOf('', 'none.yaml', {
    node: 'web-01',
    spool: { directory },
    output: 'stdout',
    workers: 0,
    watch: { file: '/nonexistent/watch.ndjson' },
    log: { level: 'error' },
  })
}

const linesOf = (sink: MemorySink): number => sink.text.split('\n').length - 1

test('a stop does not wait for ever for a full sink, and the next start delivers the rest', async () => {
  const settings = await spooled('full', 20_000)
  const sink = new MemorySink()
  const run = runService(settings, () => sink, QUIET)
  await vi.waitFor(() => expect(linesOf(sink)).toBeGreaterThan(0), 5000)
  sink.stick()
  process.emit('SIGTERM')
  await run
  const before = linesOf(sink)
  expect(before).toBeLessThan(20_000)

  const next = new MemorySink()
  const rest = runService(settings, () => next, QUIET)
  await vi.waitFor(() => expect(before + linesOf(next)).toBe(20_000), 10_000)
  process.emit('SIGTERM')
  await rest
})

test('a sink that fails ends the service with its failure, and nothing is taken for delivered', async () => {
  const settings = await spooled('failing', 2000)
  const sink = new MemorySink()
  sink.failure = new Failure(ExitCode.Sink, 'disk full')
  await expect(runService(settings, () => sink, QUIET)).rejects.toThrow('disk full')
  const next = new MemorySink()
  const rest = runService(settings, () => next, QUIET)
  await vi.waitFor(() => expect(linesOf(next)).toBe(2000), 10_000)
  process.emit('SIGINT')
  await rest
})

test('events that are open when their writer has ended close after a while', async () => {
  const settings = await spooled('open', 0)
  const writer = startProcess(buildShim(), ['--spool', settings.spool.directory])
  const ended = exitOf(writer)
  writer.stdin?.end(eventText(1).replace(/type=EOE[^\n]*\n$/, ''))
  await ended
  const sink = new MemorySink()
  const run = runService(settings, () => sink, QUIET)
  await vi.waitFor(() => expect(linesOf(sink)).toBe(1), { timeout: 15_000, interval: 100 })
  process.emit('SIGTERM')
  await run
  expect(sink.text).toMatch(/"complete":true/)
})
