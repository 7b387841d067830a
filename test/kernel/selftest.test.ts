import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { status, unavailable } from './kernel.ts'
import { arrange, noUsers, SHIM_USER, startAs } from './users.ts'

const BIN = fileURLToPath(new URL('../../bin/spillway', import.meta.url))
const SHIM = fileURLToPath(new URL('../../dist/spillway-shim', import.meta.url))
const SHIM_MS = 10_000
/** Each test waits until no other one has the kernel. */
const TURN_MS = 240_000

const reason =
  unavailable() ?? noUsers() ?? (existsSync(SHIM) ? null : 'the shim is not built (npm run build)')
if (reason) console.warn(`kernel tests are left out: ${reason} (selftest: hop by hop)`)

/** How `spillway selftest` ended. */
interface Told {
  readonly code: number | null
  /** What was told of each hop that held. */
  readonly hops: readonly string[]
  readonly last: string
  readonly fault: string
}

function selftest(dir: string, timeout = 10): Told {
  const args = [BIN, 'selftest', '--config', join(dir, 'spillway.yaml'), '--timeout', `${timeout}`]
  const ended = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const lines = ended.stdout.trimEnd().split('\n')
  return {
    code: ended.status,
    hops: lines.slice(0, -1).map((line) => line.split(' ')[0]),
    last: lines.at(-1) ?? '',
    fault: ended.stderr,
  }
}

/** A private auditd with the shim as a plugin, and directories as an installation makes them. */
function onHost(output: string, use: (auditd: Auditd) => Promise<void> | void): Promise<void> {
  const plugins = [
    // auditd up to 4.1 takes no plugin any more once its last one was switched off.
    { name: 'recorder', format: 'string' as const },
    {
      name: 'spillway',
      format: 'string' as const,
      program: SHIM,
      args: (dir: string) => `--spool=${dir}/spool ${USER_ALONE}`,
    },
  ]
  return withAuditd({ logFormat: 'ENRICHED', plugins, arrange: shared }, async (auditd) => {
    configure(auditd.dir, 'spool', output)
    const shim = pluginOf(auditd.dir)
    await until(
      () => isRun(shim),
      SHIM_MS,
      () => 'auditd did not start the shim',
    )
    await use(auditd)
  })
}

/** auditd 3.0 has no room for a third argument: the files' group comes from the directory. */
const USER_ALONE = SHIM_USER.split(' ')[0]

function shared(dir: string): void {
  arrange(dir)
  chmodSync(join(dir, 'spool'), 0o2750)
}

const pluginOf = (dir: string): string => join(dir, 'bin/plugin-spillway')

const isRun = (shim: string): boolean =>
  spawnSync('pgrep', ['-f', `^[^ ]+ --jitless .*${shim}`]).status === 0

function configure(dir: string, spool: string, output = `ndjson:${dir}/out`): void {
  const text = [`spool: { directory: ${dir}/${spool} }`, `output: ${output.replace('DIR', dir)}`]
  writeFileSync(join(dir, 'spillway.yaml'), `${text.join('\n')}\nlog: { level: error }\n`)
}

async function withService(dir: string, use: () => void): Promise<void> {
  const service: ChildProcess = startAs('service', ['run', '--config', join(dir, 'spillway.yaml')])
  const ended = once(service, 'exit')
  try {
    use()
  } finally {
    service.kill('SIGTERM')
    await ended
  }
}

/** Has the auditd that the kernel knows read its plugin files again. */
function hup(): void {
  process.kill(status().get('pid') ?? 0, 'SIGHUP')
}

/** Puts another first line into a file that is being run. */
function rewrite(shim: string, first: string): void {
  writeFileSync(`${shim}.new`, readFileSync(shim, 'utf8').replace(/^#!.*/, first), { mode: 0o750 })
  renameSync(`${shim}.new`, shim)
}

describe.skipIf(reason)('spillway selftest on a real kernel', { timeout: TURN_MS }, () => {
  it.each(['ndjson:DIR/out', 'stdout'])('follows a record to the sink %s', (output) =>
    onHost(output, async ({ dir }) => {
      await withService(dir, () => {
        const { code, hops, last, fault } = selftest(dir)
        expect(fault).toBe('')
        expect(hops).toEqual(['kernel', 'auditd', 'plugin', 'shim', 'spool', 'service', 'sink'])
        expect(last).toMatch(/^arrived in \d+\.\d s$/)
        expect(code).toBe(ExitCode.Ok)
      })
    }),
  )

  it('names the service that is not there', () =>
    onHost('ndjson:DIR/out', ({ dir }) => {
      const { code, hops, last, fault } = selftest(dir, 2)
      expect([...hops, last.split(' ')[0]]).toEqual(['kernel', 'auditd', 'plugin', 'shim', 'spool'])
      expect(fault).toMatch(/^spillway: service: spillway run is not running\nspillway: to do: /)
      expect(code).toBe(ExitCode.HopService)
    }))

  it('names the spool that the service does not read', () =>
    onHost('ndjson:DIR/out', ({ dir }) => {
      configure(dir, 'elsewhere')
      const { code, fault } = selftest(dir)
      expect(fault).toMatch(
        /^spillway: spool: the shim writes .*\/spool, the service reads .*\/elsewhere\n/,
      )
      expect(code).toBe(ExitCode.HopSpool)
    }))

  it.each([
    [
      'its mode',
      (shim: string) => chmodSync(shim, 0o700),
      'has not mode 0750: auditd 3 refuses it',
    ],
    [
      'its owner',
      (shim: string) => chownSync(shim, 2, 0),
      'is not owned by root: auditd refuses it',
    ],
    ['its first line', (shim: string) => rewrite(shim, '#!/bin/false'), 'MemoryDenyWriteExecute'],
    [
      'no Node.js',
      (shim: string) => rewrite(shim, '#!/no/node --jitless'),
      '/no/node, which is not there',
    ],
  ])('names the plugin that auditd does not run for %s', (_what, spoil, fault) =>
    onHost('ndjson:DIR/out', async ({ dir }) => {
      spoil(pluginOf(dir))
      hup()
      await until(
        () => !isRun(pluginOf(dir)),
        SHIM_MS,
        () => 'auditd did not end the shim',
      )
      const told = selftest(dir)
      expect(told.fault).toMatch(new RegExp(`^spillway: plugin: .*${fault}`))
      expect(told.code).toBe(ExitCode.HopPlugin)
    }),
  )

  it('knows a plugin file that auditd has not read yet, and how to have it read', () =>
    onHost('ndjson:DIR/out', async ({ dir }) => {
      const file = join(dir, 'etc/plugins.d/spillway.conf')
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replace('active = yes', 'active = no'))
      expect(selftest(dir)).toMatchObject({ code: ExitCode.HopPlugin })
      hup()
      await until(
        () => !isRun(pluginOf(dir)),
        SHIM_MS,
        () => 'auditd did not end the shim',
      )
      writeFileSync(file, text)
      const { code, fault } = selftest(dir)
      expect(fault).toMatch(
        /^spillway: shim: auditd runs since before .*spillway\.conf was written\n/,
      )
      expect(code).toBe(ExitCode.HopShim)
      const [command, ...args] = /to do: (auditctl --signal \w+)/.exec(fault)?.[1]?.split(' ') ?? []
      expect(spawnSync(`/usr/sbin/${command}`, args).status).toBe(0)
      await until(
        () => isRun(pluginOf(dir)),
        SHIM_MS,
        () => 'auditd did not start the shim again',
      )
      await withService(dir, () => expect(selftest(dir).fault).toBe(''))
    }))
})

describe.skipIf(reason)('spillway selftest without an audit daemon', () => {
  it('says that the kernel does not audit, or that nothing takes its records', () => {
    const ended = spawnSync(process.execPath, [BIN, 'selftest'], { encoding: 'utf8' })
    expect([ExitCode.HopKernel, ExitCode.HopAuditd]).toContain(ended.status)
    expect(ended.stderr.trim().split('\n')).toHaveLength(2)
  })
})
