import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { ReadingsFile } from '../../src/watch/readings-file.ts'
import { AT_PEACE } from '../analyse/stage.ts'
import { makePlace } from '../fault/service.ts'
import { ROOT, spillway } from './spillway.ts'

const place = mkdtempSync(join(tmpdir(), 'spillway-replay-test-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

type Line = Readonly<Record<string, unknown>>

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

/** A log of a minute with a flood of ten seconds, and without the events of some serials. */
async function makeLog(file: string): Promise<void> {
  const shape = 'generate --seed 7 --seconds 60 --rate 40 --nodes 0 --shape flood'
  const flood = '--flood-key backup-reads --flood-from 20 --flood-for 10 --flood-rate 1500'
  const { code } = await spillway([...`${shape} ${flood} -o`.split(' '), file])
  expect(code).toBe(0)
  const events = readFileSync(file, 'latin1').split('\n')
  const missing = /:(?:1001|1002|1003)\):/
  writeFileSync(file, events.filter((line) => !missing.test(line)).join('\n'), 'latin1')
}

const log = join(place, 'audit.log')

describe('a replay of a log', () => {
  it('gives the flood and the missing serials', async () => {
    await makeLog(log)
    const { code, out, err } = await spillway(['replay', '--node', 'web-01', log])
    expect([code, err]).toEqual([0, ''])
    const alerts = linesOf(out)
    const of = (type: string): Line[] => alerts.filter((alert) => alert['type'] === type)
    expect(of('flood.start')).toMatchObject([{ node: 'web-01', evidence: { key: 'backup-reads' } }])
    expect(of('flood.end')).toHaveLength(1)
    expect(of('stream.gap')).toMatchObject([{ evidence: { missing: 3 } }])
  })

  it('is the same however often, and has heartbeats where they are asked for', async () => {
    const [first, second] = [
      await spillway(['replay', '--node', 'web-01', log]),
      await spillway(['replay', '--node', 'web-01', '--rates', log]),
    ]
    const alerts = linesOf(second.out).filter(({ type }) => type !== 'rates')
    expect(alerts).toEqual(linesOf(first.out))
    expect(linesOf(second.out).length).toBeGreaterThan(alerts.length + 5)
  })

  it.each([
    ['nothing', []],
    ['logs and a spool', [log, '--spool', place]],
    ['an interval of nothing', [log, '--interval', '0']],
  ])('is wrong use with %s', async (_what, args) => {
    expect((await spillway(['replay', ...args])).code).toBe(2)
  })

  it('says so where there is no event in what it read', async () => {
    const none = join(place, 'none.log')
    writeFileSync(none, 'no record\nnone either\n')
    expect(await spillway(['replay', none])).toEqual({
      code: 0,
      out: '',
      err: 'spillway: no events were found, and 2 lines that are no records\n',
    })
  })

  it('needs readings that can be read', async () => {
    const { code, err } = await spillway(['replay', log, '--watch', join(place, 'none')])
    expect(code).toBe(3)
    expect(err).toMatch(/^spillway: cannot read .*none: no such file or directory\n$/)
  })
})

describe('a replay of a recorded spool and the watcher’s file', () => {
  it('gives the alerts that the service raised', async () => {
    await makeLog(log)
    const { spool, out } = makePlace()
    const watch = join(place, 'watch.ndjson')
    const config = join(place, 'spillway.yaml')
    writeFileSync(
      config,
      `node: web-01\nspool: { directory: ${spool} }\noutput: ndjson:${out}\nwatch: { file: ${watch} }\nlog: { level: error }\n`,
    )
    const readings = new ReadingsFile(watch)
    readings.write({ kind: 'status', took_ms: 3, hz: 250, ...AT_PEACE })
    const rules = (...list: string[]): void =>
      readings.write({ kind: 'rules', took_ms: 3, rules: list, more: 0, digest: list.join() })
    rules('-w /etc/passwd -p wa -k identity')
    const shim = spawn(process.execPath, [join(ROOT, 'dist/spillway-shim'), `--spool=${spool}`], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const service = spawn(
      process.execPath,
      [join(ROOT, 'bin/spillway'), 'run', '--config', config],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    const alerts = (): Line[] => {
      const file = join(out, 'alerts.ndjson')
      return existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : []
    }
    const told = (type: string): Promise<void> =>
      vi.waitFor(() => expect(alerts().map((alert) => alert['type'])).toContain(type), 30_000)
    try {
      shim.stdin?.write(readFileSync(log))
      await told('flood.end')
      // Which of a tick and a reading of the same moment a service takes first is not recorded: those of silence
      // are let pass up to the second, at which a gap in what came at once is told.
      await told('stream.gap')
      const off = { ...AT_PEACE, enabled: 0, lost: 70 }
      readings.write({ kind: 'status', took_ms: 3, hz: 250, ...off })
      readings.write({ kind: 'auditd', says: 'absent', pid: 947 })
      await told('auditd.stopped')
      // Why something was lost is told when what comes after it has been read.
      const goOn = setInterval(
        () => readings.write({ kind: 'status', took_ms: 3, hz: 250, ...off, pid: 0 }),
        500,
      )
      await told('events.lost').finally(() => clearInterval(goOn))
      cpSync(spool, join(place, 'recorded'), { recursive: true })
      cpSync(watch, join(place, 'recorded.ndjson'))
    } finally {
      service.kill('SIGTERM')
      await once(service, 'exit')
      shim.stdin?.end()
    }
    const recorded = join(place, 'recorded')
    const from = ['--spool', recorded, '--watch', `${recorded}.ndjson`]
    const replayed = await spillway(['replay', '--node', 'web-01', ...from])
    expect([replayed.code, replayed.err]).toEqual([0, ''])
    const inOrder = (lines: readonly Line[]): string[] =>
      lines.map((line) => JSON.stringify(line)).toSorted()
    expect(inOrder(linesOf(replayed.out))).toEqual(inOrder(alerts()))
    expect(new Set(alerts().map((alert) => alert['type']))).toEqual(
      new Set([
        'flood.start',
        'flood.end',
        'stream.gap',
        'events.lost',
        'audit.disabled',
        'auditd.stopped',
      ]),
    )
  })
})
