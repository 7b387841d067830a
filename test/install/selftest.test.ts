import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { arrange, noUsers, SHIM_USER, startAs } from '../kernel/users.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const namespace = spawnSync('unshare', ['--mount', 'true']).status === 0
const reason = namespace
  ? (noUsers() ?? (existsSync('/etc/audit') ? null : 'there is no /etc/audit'))
  : 'no mount namespace can be made'
if (reason) console.warn(`selftest tests are left out: ${reason}`)

const noKafka =
  reason !== null || !existsSync(join(ROOT, 'node_modules/node-rdkafka/build/Release'))
if (noKafka) console.warn('selftest tests are left out: node-rdkafka is not built')

let dir = ''
let service: ChildProcess | null = null

beforeAll(() => {
  if (reason) return
  dir = mkdtempSync(join(tmpdir(), 'spillway-selftest-'))
  chmodSync(dir, 0o755)
  arrange(dir)
  const shim = join(dir, 'spillway-shim')
  const text = readFileSync(join(ROOT, 'dist/spillway-shim'), 'utf8')
  writeFileSync(shim, text.replace(/^#!.*/, `#!${process.execPath} --jitless`), { mode: 0o750 })
  mkdirSync(join(dir, 'etc/plugins.d'), { recursive: true })
  const args = `--spool=${dir}/spool ${SHIM_USER}`
  const plugin = [
    'active = yes',
    'direction = out',
    `path = ${shim}`,
    'type = always',
    `args = ${args}`,
  ]
  writeFileSync(join(dir, 'etc/plugins.d/spillway.conf'), `${plugin.join('\n')}\n`, { mode: 0o640 })
})

/** Starts a service with this output. */
function serve(...output: string[]): void {
  const config = [`spool: { directory: ${dir}/spool }`, 'log: { level: error }', ...output]
  writeFileSync(join(dir, 'spillway.yaml'), `${config.join('\n')}\n`)
  service = startAs('service', ['run', '--config', join(dir, 'spillway.yaml')])
}

async function stopService(): Promise<void> {
  if (service?.kill('SIGTERM')) await once(service, 'exit')
  service = null
}

afterEach(stopService)
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** Runs the selftest where `dir/etc` lies in the place of /etc/audit. */
function selftest(...args: string[]): { code: number | null; out: string; err: string } {
  const line = 'mount --bind "$1/etc" /etc/audit && shift && exec "$@"'
  const command = [process.execPath, join(ROOT, 'bin/spillway'), 'selftest', ...args]
  const run = spawnSync('unshare', ['--mount', 'sh', '-c', line, 'sh', dir, ...command], {
    encoding: 'utf8',
  })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

describe.skipIf(reason)('spillway selftest --through-shim', () => {
  const flags = (): string[] => ['--through-shim', '--config', join(dir, 'spillway.yaml')]

  it('says that no service is there, and has the record in the spool', async () => {
    serve(`output: ndjson:${dir}/out`)
    await stopService()
    const { code, out, err } = selftest(...flags(), '--timeout', '3')
    expect(err).toMatch(/^spillway: service: spillway run is not running\n/)
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'plugin',
      'shim',
      'spool',
      '',
    ])
    expect(code).toBe(ExitCode.HopService)
  })

  it('follows a record to the sink', () => {
    serve(`output: ndjson:${dir}/out`)
    const { code, out, err } = selftest(...flags(), '--timeout', '20')
    expect(err).toBe('')
    expect(out).toMatch(/\narrived in \d+\.\d s\n$/)
    expect(code).toBe(ExitCode.Ok)
  })

  it.skipIf(noKafka)('names a broker that does not answer', () => {
    serve('output: kafka', 'kafka: { brokers: ["127.0.0.1:9"] }')
    const { code, err } = selftest(...flags(), '--timeout', '8')
    expect(err).toMatch(/^spillway: sink: topic audit\.events at 127\.0\.0\.1:9: /)
    expect(code).toBe(ExitCode.HopSink)
  })

  it('takes a time-out that is a number of seconds only', () => {
    expect(selftest('--timeout', 'soon').code).toBe(ExitCode.Usage)
  })
})
