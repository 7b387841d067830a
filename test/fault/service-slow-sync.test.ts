import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { settingsOf } from '../../src/config/load.ts'
import type { Log } from '../../src/log.ts'
import type { Message } from '../../src/model/delivery.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { MemorySink } from '../pipeline/memory.ts'
import { FakeWriter } from '../spool/fixture.ts'
import { eventText } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-slow-sync-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A sink whose syncs take as long as they are made to; it keeps what it is told. */
class SlowSink extends MemorySink {
  readonly alerts: Message[] = []
  syncs = 0
  #held: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#release()
  }

  override alert(alert: Message): void {
    this.alerts.push(alert)
  }

  override async sync(): Promise<void> {
    this.syncs++
    await this.#held
  }
}

function run(directory: string, sink: SlowSink): Promise<void> {
  const settings = settingsOf('', 'none.yaml', {
    node: 'web-01',
    input: 'spool',
    spool: { directory },
    output: 'stdout',
    workers: 0,
    watch: { file: `${directory}/watch.ndjson` },
  })
  return runService(settings, () => sink, log)
}

/** Events of serials from one to another, a hundred a second, in frames at the time of their stamps. */
function pour(writer: FakeWriter, from: number, to: number): void {
  for (let serial = from; serial <= to; serial += 100) {
    const events = Array.from({ length: 100 }, (_, n) => eventText(serial + n))
    writer.data(events.join(''))
    writer.ns += 1_000_000_000
  }
}

test('what comes while a sink syncs is not in the checkpoint that follows the sync', async () => {
  const spool = join(folder, 'spool')
  const [state, kept] = [join(spool, 'state'), join(folder, 'kept')]
  mkdirSync(spool)
  const writer = new FakeWriter(spool, 1)
  pour(writer, 1, 2000)
  const slow = new SlowSink()
  slow.hold()
  const running = run(spool, slow)
  await vi.waitFor(() => expect(slow.syncs).toBe(1), 20_000)
  pour(writer, 2101, 2400)
  await vi.waitFor(() => expect(slow.text).toContain(':2400"'), 20_000)
  slow.release()
  slow.hold()
  await vi.waitFor(() => expect(slow.syncs).toBe(2), 20_000)
  cpSync(state, kept, { recursive: true })
  slow.release()
  process.emit('SIGTERM')
  await running

  // As if it had been killed during the second sync.
  rmSync(state, { recursive: true })
  cpSync(kept, state, { recursive: true })
  pour(writer, 2401, 5000)
  const sink = new SlowSink()
  const again = run(spool, sink)
  await vi.waitFor(() => expect(sink.text).toContain(':5000"'), 20_000)
  process.emit('SIGTERM')
  await again
  const gaps = sink.alerts.filter(({ type }) => type === 'stream.gap')
  expect(gaps).toMatchObject([{ evidence: { missing: 100, ranges: [{ from: 2001, to: 2100 }] } }])
}, 60_000)
