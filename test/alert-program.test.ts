import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Log } from '../src/log.ts'
import { AlertProgram } from '../src/service/alert-program.ts'

const SHELL = '/bin/sh'
const WAIT = { timeout: 30_000 }

let folder = ''
let file = ''
let said: [object, string][] = []
const keep = (fields: object, text: string): void => void said.push([fields, text])
const log: Log = { debug: () => {}, info: keep, warn: keep, error: keep }
let program: AlertProgram

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-exec-'))
  file = join(folder, 'out')
  said = []
  program = new AlertProgram(log)
})
afterEach(() => {
  program.close()
  rmSync(folder, { recursive: true })
})

const written = (): string => readFileSync(file, 'utf8')
const lines = (): string[] => written().trimEnd().split('\n')

describe('the program for alerts', () => {
  it('gets each alert as a line of JSON, in order and one at a time', async () => {
    const script = `echo begin >> '${file}'; cat >> '${file}'; sleep 0.05; echo end >> '${file}'`
    program.use([SHELL, '-c', script])
    for (const type of ['a', 'b', 'c']) program.take({ type, text: 'x\u009by' })
    const one = (type: string): string[] => [
      'begin',
      `{"type":"${type}","text":"x\\u009by"}`,
      'end',
    ]
    await vi.waitFor(() => expect(lines()).toEqual(['a', 'b', 'c'].flatMap(one)), WAIT)
    expect(said).toEqual([])
  })

  it('has no shell between, no environment of the service and / for a directory', async () => {
    process.env['SPILLWAY_SECRET'] = 'x'
    program.use([
      SHELL,
      '-c',
      `(pwd; env; echo "$1") > '${file}.tmp'; mv '${file}.tmp' '${file}'`,
      'sh',
      '$(id)',
    ])
    program.take({ type: 'a' })
    await vi.waitFor(() => written(), WAIT)
    delete process.env['SPILLWAY_SECRET']
    expect(lines()[0]).toBe('/')
    expect(lines().at(-1)).toBe('$(id)')
    expect(written()).not.toContain('SECRET')
  })

  it.each([
    [[SHELL, '-c', 'exit 3'], 'ended with 3'],
    [[SHELL, '-c', 'kill -9 $$'], 'ended with SIGKILL'],
    [['/nonexistent/program'], expect.stringContaining('ENOENT') as string],
  ])('that fails is a line in the log: %j', async (command, reason) => {
    program.use(command)
    program.take({ type: 'flood.start' })
    await vi.waitFor(
      () => expect(said).toEqual([[{ alert: 'flood.start', reason }, 'alerts.exec failed']]),
      WAIT,
    )
  })

  it('is ended with all it started when it takes too long, and the next one runs', async () => {
    program.use([
      SHELL,
      '-c',
      `read line; echo "$line" >> '${file}'; sleep 600 & echo $! > '${folder}/pid'; wait`,
    ])
    program.take({ type: 'a' })
    program.take({ type: 'b' })
    await vi.waitFor(() => expect(lines()).toHaveLength(2), WAIT)
    expect(said).toEqual([[{ alert: 'a', reason: 'killed after 10 s' }, 'alerts.exec failed']])
  }, 60_000)

  it('is not run for more than 30 alerts a minute; what is left out is counted and said', async () => {
    program.use([SHELL, '-c', `cat >> '${file}'`])
    const severity = 'critical'
    for (let i = 0; i < 15; i++) program.take({ i, severity })
    await vi.waitFor(() => expect(lines()).toHaveLength(15), WAIT)
    for (let i = 15; i < 30; i++) program.take({ i, severity })
    await vi.waitFor(() => expect(lines()).toHaveLength(30), WAIT)
    for (let i = 30; i < 100; i++) program.take({ i, severity })
    program.close()
    expect(lines()).toHaveLength(30)
    expect(said).toEqual([
      [{}, 'alerts.exec: too many alerts, some are left out'],
      [{ alerts: 70 }, 'alerts.exec: alerts were left out'],
    ])
  }, 60_000)

  it('has runs left for a page, and for its end, when many alerts of less weight came before', async () => {
    program.use([SHELL, '-c', `cat >> '${file}'`])
    const page = { dedup_key: 'audit.disabled/web-01/' }
    for (let i = 0; i < 50; i++) {
      program.take({ type: 'stream.gap', severity: 'warning', status: 'firing' })
      await vi.waitFor(() => expect(lines()).toHaveLength(Math.min(i + 1, 20)), WAIT)
    }
    program.take({ ...page, severity: 'critical', status: 'firing' })
    program.take({ ...page, severity: 'info', status: 'resolved' })
    program.take({ dedup_key: 'flood/web-01/x', severity: 'info', status: 'resolved' })
    await vi.waitFor(() => expect(lines()).toHaveLength(22), WAIT)
    expect(lines().slice(20)).toEqual([
      expect.stringContaining('critical'),
      expect.stringContaining('resolved'),
    ])
  }, 60_000)

  it('is not run without a command', () => {
    program.take({ type: 'a' })
    program.close()
    expect(said).toEqual([])
  })
})
