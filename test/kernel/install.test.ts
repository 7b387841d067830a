import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unpackTarball } from '../install/tarball.ts'
import { lock, quietly, restore, status, unavailable } from './kernel.ts'

const SCRIPT = fileURLToPath(new URL('install.sh', import.meta.url))
const SHIM = fileURLToPath(new URL('../../dist/spillway-shim', import.meta.url))
const RUN_MS = 120_000

/** Whether this machine can be seen through an overlay, so that nothing of the test stays. */
function noOverlay(): string | null {
  const line =
    'd=$(mktemp -d) && mkdir $d/u $d/w && mount -t overlay o -o lowerdir=/etc,upperdir=$d/u,workdir=$d/w /etc'
  const made = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', line])
  return made.status === 0 ? null : 'no overlay can be mounted'
}

const reason =
  unavailable() ??
  noOverlay() ??
  (existsSync(SHIM) ? null : 'the shim is not built (npm run build)')
if (reason) console.warn(`kernel tests are left out: ${reason} (install: under a real auditd)`)

describe.skipIf(reason)('the tarball on a host with auditd', () => {
  let parts = new Map<string, string>()
  let work = ''
  let top = ''

  beforeAll(async () => {
    top = await unpackTarball()
    work = mkdtempSync(join(tmpdir(), 'spillway-live-'))
    chmodSync(work, 0o755)
    const release = await lock()
    const before = status()
    try {
      const args = ['--mount', '--propagation', 'private', SCRIPT, work, top]
      const run = spawnSync('unshare', args, { cwd: '/', encoding: 'utf8', timeout: RUN_MS })
      if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`)
      const texts = `== install\n${run.stdout}`.split(/^== /m).slice(1)
      parts = new Map(
        texts.map((text) => [text.split('\n', 1)[0], text.slice(text.indexOf('\n') + 1)]),
      )
    } finally {
      quietly(() => restore(before))
      release()
    }
  })
  afterAll(() => {
    rmSync(work, { recursive: true, force: true })
    rmSync(dirname(top), { recursive: true, force: true })
  })

  it('is installed, and auditd starts the shim', () => {
    expect(parts.get('install')).toMatch(
      /\nauditd reads its plugin files\nthe shim runs: pid \d+\n$/,
    )
    expect(parts.get('again')).toMatch(/^unchanged\n/)
  })

  it('delivers a record, by a service that is not root', () => {
    expect(parts.get('selftest')).toMatch(/\narrived in \d+\.\d s\n/)
  })

  it('has a shim that gave root up', () => {
    expect(parts.get('selftest')).toContain('-rw-r----- spillway-shim:spillway\n')
  })

  it('is taken off again: auditd ends the shim, and nothing of it is left', () => {
    expect(parts.get('uninstall')).toMatch(/^switch .* off .*\nauditd ends the plugin\nremove /)
    expect(parts.get('left')).toBe('no process\n')
  })
})
