import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import type { Report } from '../../src/reconcile/report.ts'
import { make } from '../generate/made.ts'
import { ROOT, spillway } from './spillway.ts'

const SHIM = join(ROOT, 'dist/spillway-shim')
const NODE = ['--node', 'web-01']

const place = mkdtempSync(join(tmpdir(), 'spillway-reconcile-'))
afterAll(() => rmSync(place, { recursive: true }))
const spool = join(place, 'spool')
const out = join(place, 'out')
/** auditd's log, as rotated while it was written. */
const logs = ['audit.log.2.gz', 'audit.log.1', 'audit.log'].map((name) => join(place, name))

/** Ids of the events in a file or an output. */
function idsIn(text: string): Set<string> {
  const lines = text.split('\n').slice(0, -1)
  return new Set(lines.map((line) => (JSON.parse(line) as { EVENT: { id: string } }).EVENT.id))
}

const idsAt = (name: string): Set<string> => idsIn(readFileSync(join(out, name), 'utf8'))

function startShim(): ChildProcess {
  const shim = spawn(SHIM, ['--spool', spool], { env: {}, stdio: ['pipe', 'ignore', 'ignore'] })
  shim.stdin?.on('error', () => {})
  return shim
}

/** Gives a shim a text; settles when all of it is on its way. */
function feed(shim: ChildProcess, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => shim.stdin?.write(bytes, () => resolve()))
}

/** Waits until the sink has the event with a text. */
async function arrival(text: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const file = join(out, 'events.ndjson')
    if (existsSync(file) && readFileSync(file, 'utf8').includes(text)) return
    await sleep(20)
  }
  throw new Error(`${text} did not arrive`)
}

/** What one shim after another takes; the first is stopped and killed while it is fed. */
beforeAll(async () => {
  mkdirSync(spool)
  const { bytes } = make({ events: 9000, start: Date.now(), mix: { open: 3, exec: 1, user: 1 } })
  const end = (share: number): number => bytes.indexOf('\n', bytes.length * share) + 1
  const [half, most] = [end(0.5), end(0.6)]
  const log = bytes.toString('latin1').replaceAll(/^type=EOE.*\n/gm, '')
  const cut = (share: number): number => log.indexOf('\n', log.length * share) + 1
  writeFileSync(logs[0], gzipSync(Buffer.from(log.slice(0, cut(0.4)), 'latin1')))
  writeFileSync(logs[1], log.slice(cut(0.4), cut(0.55)), 'latin1')
  writeFileSync(logs[2], log.slice(cut(0.55)), 'latin1')

  const first = startShim()
  await feed(first, bytes.subarray(0, half))
  while (readdirSync(spool).length === 0) await sleep(20)
  await sleep(200)
  first.kill('SIGSTOP')
  // As much as the socket takes.
  void feed(first, bytes.subarray(half, most))
  await sleep(200)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const second = startShim()
  await feed(second, bytes.subarray(most))
  second.stdin?.end()
  await once(second, 'exit')

  const config = join(place, 'spillway.yaml')
  const lines = ['node: web-01', `spool: { directory: ${spool} }`, `output: ndjson:${out}`, '']
  writeFileSync(config, lines.join('\n'))
  const service = spawn(process.execPath, [join(ROOT, 'bin/spillway'), 'run', '--config', config], {
    stdio: 'ignore',
  })
  const serials = [...log.matchAll(/^type=SYSCALL msg=audit\([\d.]+:(\d+)\)/gm)]
  await arrival(`"serial":${serials.at(-1)?.[1]},`)
  service.kill('SIGTERM')
  await once(service, 'exit')
}, 60_000)

describe('spillway reconcile, after a shim was killed', () => {
  let wanted: Set<string>
  let lost: string[]
  beforeAll(async () => {
    wanted = idsIn((await spillway(['decode', ...NODE, ...logs])).out)
    const delivered = idsAt('events.ndjson')
    lost = [...wanted].filter((id) => !delivered.has(id))
    expect(lost.length).toBeGreaterThan(100)
  })

  it('checks, writes nothing, and says what is missing', async () => {
    const {
      code,
      out: said,
      err,
    } = await spillway(['reconcile', '--events', out, ...NODE, ...logs])
    expect(code).toBe(ExitCode.Missing)
    expect(said).toMatch(/^spool\.died +1\.\S+ +\? +\d+ +0 +0$/m)
    expect(said).toMatch(/^not announced +0 +0$/m)
    expect(err).toMatch(/^spillway: \d+ events are missing; --output brings them back\n$/)
    expect(readdirSync(out)).not.toContain('recovered.ndjson')
  })

  it('gives what is missing on standard output, and the table on standard error', async () => {
    const given = await spillway(['reconcile', '--events', out, '--output', '-', ...NODE, ...logs])
    expect(given.code).toBe(ExitCode.Ok)
    expect([...idsIn(given.out)]).toEqual(expect.arrayContaining(lost))
    expect(given.err).toMatch(/^\d+ events brought back, 0 still missing$/m)
  })

  it('takes events from standard input', async () => {
    const events = readFileSync(join(out, 'events.ndjson'))
    const args = ['reconcile', '--events', '-', '--json', ...NODE, ...logs]
    const { code, out: said } = await spillway(args, events)
    expect(code).toBe(ExitCode.Missing)
    // Without the alerts nothing is announced.
    expect((JSON.parse(said) as Report).silent.events).toBeGreaterThanOrEqual(lost.length)
  })

  it('puts logs of any names in order, and shows no control characters of theirs', async () => {
    const names = ['new.log', 'older.log', 'oldest.log'].map((name) => join(place, name))
    for (const [i, name] of names.entries()) copyFileSync(logs[2 - i], name)
    const foreign = join(place, 'foreign.log')
    writeFileSync(foreign, 'node=a\u001b[31m\u202eb type=LOGIN msg=audit(1.000:1): pid=1\n')
    const args = ['reconcile', '--events', out, ...NODE, ...names, foreign]
    const { out: said } = await spillway(args)
    expect(said).toContain(`\nread: ${[foreign, ...names.toReversed()].join(' ')}\n`)
    expect(said).toMatch(/^not announced +0 +0$/m)
    expect(said).toContain('log: 1 events of a?[31m?b,')
    expect(said).not.toMatch(/[^\n\P{C}]/u)
  })

  it('fills the hole, whatever order the logs are named in, and then finds nothing more', async () => {
    const args = ['reconcile', '--events', out, '--json', '--output', `ndjson:${out}`, ...NODE]
    const first = await spillway([...args, ...logs.toReversed()])
    const report = JSON.parse(first.out) as Report
    expect(first.code).toBe(ExitCode.Ok)
    expect(report.logs).toEqual(logs)
    expect(report).toMatchObject({ missing: 0, silent: { events: 0 }, neither: { serials: 0 } })
    const all = new Set([...idsAt('events.ndjson'), ...idsAt('recovered.ndjson')])
    expect([...wanted].filter((id) => !all.has(id))).toEqual([])
    const filled = readFileSync(join(out, 'recovered.ndjson'), 'utf8')
    expect(filled.split('\n').length - 1).toBe(report.filled)
    const again = JSON.parse((await spillway([...args, ...logs])).out) as Report
    expect(again).toMatchObject({ filled: 0, missing: 0, silent: { recovered: 0 } })
    expect(readFileSync(join(out, 'recovered.ndjson'), 'utf8')).toBe(filled)
  })
})

describe('spillway reconcile, given what it cannot use', () => {
  it.each([
    [
      'nothing delivered',
      ['reconcile', '--events', '-', ...logs],
      ExitCode.Input,
      'no delivered event',
    ],
    [
      'another output',
      ['reconcile', '--events', out, '--output', 'x', ...NODE, logs[2]],
      ExitCode.Usage,
      '--output must be',
    ],
    [
      'a missing log',
      ['reconcile', '--events', out, `${place}/none`],
      ExitCode.Input,
      'cannot read',
    ],
    [
      'a log that is a directory',
      ['reconcile', '--events', out, place],
      ExitCode.Input,
      'no regular file',
    ],
    ['a time that is none', ['reconcile', '--since', 'noon'], ExitCode.Usage, 'ISO 8601'],
    [
      'a log of another host',
      ['reconcile', '--events', out, logs[2]],
      ExitCode.Usage,
      '--node says',
    ],
  ])('has one line to say about %s', async (_what, args, code, said) => {
    const { err, ...ended } = await spillway(args)
    expect(ended).toEqual({ code, out: '' })
    expect(err).toContain(said)
    expect(err.trimEnd()).not.toContain('\n')
  })

  it('does not wait for a pipe that somebody put among the events', async () => {
    const trap = join(place, 'pipe')
    mkdirSync(trap)
    copyFileSync(join(out, 'events.ndjson'), join(trap, 'events.ndjson'))
    execFileSync('mkfifo', [join(trap, 'events.ndjson.1')])
    const { out: said } = await spillway(['reconcile', '--events', trap, ...NODE, ...logs])
    expect(said).toContain('events of the log are missing among the delivered')
  })

  it('does not write through a symbolic link', async () => {
    const trap = join(place, 'trap')
    mkdirSync(trap)
    writeFileSync(join(place, 'other'), '')
    symlinkSync(join(place, 'other'), join(trap, 'recovered.ndjson'))
    const events = join(out, 'events.ndjson')
    const args = ['reconcile', '--events', events, '--output', `ndjson:${trap}`, ...NODE, ...logs]
    const { code, err } = await spillway(args)
    expect(code).toBe(ExitCode.Sink)
    expect(err).toContain('symbolic link')
    expect(readFileSync(join(place, 'other'), 'utf8')).toBe('')
  })
})
