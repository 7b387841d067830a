import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'
import { type Ended, ROOT, shell, spillway } from './spillway.ts'

const LOG = join(ROOT, 'test/captures/enriched.string.gz')

let directory = ''
let children: ChildProcess[] = []
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-run-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})
afterAll(() => rmSync(directory, { recursive: true }))

let places = 0
function freshPlace(): string {
  const place = join(directory, `${places++}`)
  mkdirSync(place)
  return place
}

/** Fills a spool as auditd would, through the shim. */
async function fill(spool: string): Promise<void> {
  mkdirSync(spool, { recursive: true })
  const { code, err } = await shell(
    `zcat ${LOG} | '${process.execPath}' --jitless --no-expose-wasm '${ROOT}/dist/spillway-shim' --spool ${spool}`,
  )
  expect([code, err]).toEqual([0, ''])
}

/** Runs the service until `enough` says so, given its log so far, then tells it to stop. */
async function runUntil(args: readonly string[], enough: (log: string) => boolean): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/spillway'), 'run', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  children.push(child)
  const out = buffer(child.stdout)
  let err = ''
  child.stderr.on('data', (text: Buffer) => {
    err += text.toString()
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  for (let waited = 0; !enough(err) && child.exitCode === null && waited < 20_000; waited += 50)
    await sleep(50)
  child.kill('SIGTERM')
  const [code] = await closed
  return { code, out: (await out).toString(), err }
}

const linesIn = (path: string): number =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0

const withoutPlace = (out: string): unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { EVENT, ...records } = JSON.parse(line) as { EVENT: Record<string, unknown> }
      return { ...records, EVENT: { ...EVENT, pos: null, boot: null } }
    })

describe('spillway run', () => {
  it('delivers what decode gives, and after a restart no event twice', async () => {
    const place = freshPlace()
    const expected = (await shell(`zcat ${LOG} | spillway decode --node web-01`)).out
    await fill(join(place, 'spool'))
    const config = join(place, 'spillway.yaml')
    const events = join(place, 'out/events.ndjson')
    writeFileSync(
      config,
      `node: web-01\nspool: { directory: ${place}/spool }\noutput: ndjson:${place}/out\n`,
    )
    const total = expected.split('\n').length - 1
    const first = await runUntil(['--config', config], () => linesIn(events) >= total)
    expect(first.code).toBe(ExitCode.Ok)
    expect(withoutPlace(readFileSync(events, 'utf8'))).toEqual(withoutPlace(expected))
    let looks = 0
    const second = await runUntil(
      ['--config', config],
      (log) => log.includes('"started"') && ++looks > 20,
    )
    expect(second.code).toBe(ExitCode.Ok)
    expect(linesIn(events)).toBe(total)
  })

  it('takes standard input through a spool to standard output and ends with it', async () => {
    const spool = join(freshPlace(), 'spool')
    const { code, out } = await shell(
      `zcat ${LOG} | spillway run --input - --spool ${spool} --output stdout`,
    )
    expect(code).toBe(ExitCode.Ok)
    const { out: expected } = await shell(`zcat ${LOG} | spillway decode`)
    expect(out.split('\n').length).toBe(expected.split('\n').length)
  })

  it('says once that it waits where nothing in the spool can be read', async () => {
    const place = freshPlace()
    const spool = join(place, 'spool')
    const config = join(place, 'spillway.yaml')
    mkdirSync(spool, { recursive: true })
    writeFileSync(config, `spool: { directory: ${spool} }\noutput: ndjson:${place}/out\n`)
    for (const name of ['no segment', '00000001-00000000.seg']) {
      writeFileSync(join(spool, name), 'too short for a header')
      const { code, err } = await runUntil(['--config', config], (log) => log.includes('here yet'))
      expect(code).toBe(ExitCode.Ok)
      expect(err.split(`waiting for the shim's first segment in ${spool}"`)).toHaveLength(2)
    }
  })

  it('stops when it is told to while standard input stays open', async () => {
    const place = freshPlace()
    const { code } = await runUntil(
      ['--input', '-', '--spool', join(place, 'spool'), '--output', `ndjson:${place}/out`],
      (log) => log.includes('started'),
    )
    expect(code).toBe(ExitCode.Ok)
  })
})

describe('spillway run, given what it cannot use', () => {
  it('has one line for a configuration that does not hold', async () => {
    const config = join(freshPlace(), 'bad.yaml')
    writeFileSync(config, 'workers: all\n')
    expect(await spillway(['run', '--config', config])).toEqual({
      code: ExitCode.Config,
      out: '',
      err: `spillway: ${config}:1: workers: found "all", allowed: auto, or a whole number from 0 to 256\n`,
    })
  })

  it('has one line for an option that does not hold', async () => {
    expect(await spillway(['run', '--output', 'ftp'])).toEqual({
      code: ExitCode.Config,
      out: '',
      err: 'spillway: command line: output: found "ftp", allowed: stdout, kafka, ndjson:DIR with an absolute path\n',
    })
  })

  it('does not take the directory it is started in for a spool without a name', async () => {
    const { code, err } = await spillway(['run', '--spool', '', '--output', 'stdout'])
    expect([code, err]).toEqual([
      ExitCode.Config,
      'spillway: command line: spool.directory: found "", allowed: an absolute path\n',
    ])
  })

  it.each([
    ['a spool that is missing', (): void => {}],
    ['a file where the spool should be', (spool: string) => writeFileSync(spool, '')],
    [
      'a segment of another program',
      (spool: string) => {
        mkdirSync(spool)
        writeFileSync(join(spool, '00000001-00000000.seg'), 'x'.repeat(4096))
      },
    ],
  ])('has one line and exit code 5 for %s', async (_what, make) => {
    const place = freshPlace()
    const spool = join(place, 'spool')
    make(spool)
    let looks = 0
    const { code, err } = await runUntil(
      ['--spool', spool, '--output', `ndjson:${place}/out`],
      () => ++looks > 100,
    )
    const lines = err.split('\n').filter((line) => line.startsWith('spillway: '))
    expect(code).toBe(ExitCode.Spool)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(spool)
    expect(lines[0]).not.toMatch(/\bE[A-Z]+:/)
  })

  it('stops at a spool of a version it does not know', async () => {
    const place = freshPlace()
    const spool = join(place, 'spool')
    await fill(spool)
    const segment = join(spool, readdirSync(spool).find((name) => name.endsWith('.seg')) ?? '')
    const bytes = readFileSync(segment)
    bytes.writeUInt32LE(99, 8)
    writeFileSync(segment, bytes)
    let looks = 0
    const { code, err } = await runUntil(
      ['--spool', spool, '--output', `ndjson:${place}/out`],
      () => ++looks > 100,
    )
    expect(code).toBe(ExitCode.Spool)
    expect(err).toMatch(/^spillway: .*version/m)
  })

  it.skipIf(!canMount)('says that the disk of the sink is full', async () => {
    const place = freshPlace()
    await fill(join(place, 'spool'))
    await onSmallDisk(65_536, async (disk) => {
      const { code, err } = await runUntil(
        ['--spool', join(place, 'spool'), '--output', `ndjson:${disk}/out`],
        () => false,
      )
      expect(code).toBe(ExitCode.Sink)
      expect(err).toMatch(/^spillway: cannot append to \S+events.ndjson: no space left on device$/m)
    })
  })
})
