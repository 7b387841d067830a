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
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { arrange, noUsers, SHIM_USER, startAs } from '../kernel/users.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const namespace = spawnSync('unshare', ['--mount', 'true']).status === 0
const reason = namespace
  ? (noUsers() ?? (existsSync('/etc/audit') ? null : 'there is no /etc/audit'))
  : 'no mount namespace can be made'
if (reason) console.warn(`selftest tests are left out: ${reason}`)

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
  const config = [`spool: { directory: ${dir}/spool }`, `output: ndjson:${dir}/out`]
  writeFileSync(join(dir, 'spillway.yaml'), `${config.join('\n')}\nlog: { level: error }\n`)
})

afterAll(async () => {
  if (service?.kill('SIGTERM')) await once(service, 'exit')
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

  it('says that no service is there, and has the record in the spool', () => {
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
    service = startAs('service', ['run', '--config', join(dir, 'spillway.yaml')])
    const { code, out, err } = selftest(...flags(), '--timeout', '20')
    expect(err).toBe('')
    expect(out).toMatch(/\narrived in \d+\.\d s\n$/)
    expect(code).toBe(ExitCode.Ok)
  })

  it('takes a time-out that is a number of seconds only', () => {
    expect(selftest('--timeout', 'soon').code).toBe(ExitCode.Usage)
  })
})
