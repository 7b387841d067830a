import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url))
const REFPOLICY = '/usr/share/selinux/devel/Makefile'
/** auditd 3 reads a plugin file's lines into 160 bytes, with line feed and NUL, and skips longer ones. */
const PLUGIN_LINE = 158

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'spillway-deploy-'))
  chmodSync(root, 0o755)
})
afterAll(() => rmSync(root, { recursive: true }))

/** Whether a test can run; says what is left out where not. */
function has(...needs: string[]): boolean {
  const missing = needs.find((need) =>
    need.startsWith('/') ? !existsSync(need) : spawnSync('which', [need]).status !== 0,
  )
  if (missing) console.warn(`deploy tests are left out: ${missing} is missing`)
  return missing === undefined
}

const text = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8')

/** Copies files of deploy/ into the root, under /usr/lib. */
function unpack(...paths: string[]): void {
  for (const path of paths) {
    const to = join(root, 'usr/lib', path)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(join(DEPLOY, path), to, { recursive: true })
  }
}

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) throw error
  const said = `${stdout}${stderr}`
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${said}`)
  return said
}

describe('the plugin file', () => {
  const lines = text('plugins.d/spillway.conf').split('\n')
  const settings = lines.filter((line) => line !== '' && !line.startsWith('#'))

  it('has lines that auditd 3 takes', () => {
    expect(lines.filter((line) => Buffer.byteLength(line) > PLUGIN_LINE)).toEqual([])
    expect(settings.filter((line) => !/^[a-z]+ = \S+( \S+){0,1}$/.test(line))).toEqual([])
  })

  it('names the shim, and the user that may write the spool', () => {
    expect(settings).toContain('path = /opt/spillway/sbin/spillway-shim')
    expect(settings).toContain('args = --user=spillway-shim')
  })
})

describe.skipIf(!has('systemd-analyze', 'systemd-sysusers', 'systemd-tmpfiles'))(
  'the units',
  () => {
    beforeAll(() => {
      unpack('systemd', 'sysusers.d', 'tmpfiles.d')
      const system = join(root, 'usr/lib/systemd/system')
      mkdirSync(system)
      const units = readdirSync(join(root, 'usr/lib/systemd')).filter((name) => name !== 'system')
      for (const name of units)
        cpSync(join(root, 'usr/lib/systemd', name), join(system, name), { recursive: true })
      const target = '[Unit]\nDescription=made for the test\n'
      for (const name of ['sysinit', 'basic', 'multi-user', 'network', 'shutdown'])
        writeFileSync(join(system, `${name}.target`), target)
      writeFileSync(
        join(system, 'auditd.service'),
        '[Service]\nExecStart=/opt/spillway/bin/spillway\n',
      )
      mkdirSync(join(root, 'opt/spillway/bin'), { recursive: true })
      writeFileSync(join(root, 'opt/spillway/bin/spillway'), '#!/bin/sh\n', { mode: 0o755 })
      mkdirSync(join(root, 'bin'))
      writeFileSync(join(root, 'bin/kill'), '#!/bin/sh\n', { mode: 0o755 })
      mkdirSync(join(root, 'etc'))
      for (const name of ['passwd', 'group']) writeFileSync(join(root, 'etc', name), '')
    })

    it.each(['spillway.service', 'spillway-watch.service', 'auditd.service'])(
      'systemd has nothing against %s',
      (unit) => {
        expect(run('systemd-analyze', 'verify', '--man=no', `--root=${root}`, unit)).toBe('')
      },
    )

    it.each(['spillway.service', 'spillway-watch.service'])('%s exposes little', (unit) => {
      const flags = [`--root=${root}`, '--offline=true', '--threshold=25', '--no-pager']
      run('systemd-analyze', 'security', ...flags, unit)
    })

    it('the watch alone has capabilities, and those two', () => {
      expect(text('systemd/spillway.service')).toMatch(/^CapabilityBoundingSet=$/m)
      const watch = text('systemd/spillway-watch.service')
      for (const set of ['CapabilityBoundingSet', 'AmbientCapabilities'])
        expect(watch).toMatch(new RegExp(`^${set}=CAP_AUDIT_CONTROL CAP_SYSLOG$`, 'm'))
    })

    it.skipIf(process.getuid?.() !== 0)('users and directories are as the spool wants them', () => {
      run('systemd-sysusers', `--root=${root}`)
      for (let times = 0; times < 2; times++) run('systemd-tmpfiles', '--create', `--root=${root}`)
      const ids = new Map(
        [
          ...readFileSync(join(root, 'etc/passwd'), 'utf8').matchAll(
            /^([^:]+):[^:]*:(\d+):(\d+)/gm,
          ),
        ].map(([, name, user, group]) => [name, `${user}:${group}`]),
      )
      expect([...ids.keys()].toSorted()).toEqual(['spillway', 'spillway-shim', 'spillway-watch'])
      const of = (path: string): string =>
        execFileSync('stat', ['-c', '%a %u:%g', join(root, path)], { encoding: 'utf8' }).trim()
      expect(of('var/spool/spillway')).toBe(`750 ${ids.get('spillway-shim')}`)
      expect(of('var/spool/spillway/state')).toBe(`750 ${ids.get('spillway')}`)
      expect(of('var/log/spillway')).toBe(`750 ${ids.get('spillway')}`)
      expect(of('run/spillway')).toBe(`750 ${ids.get('spillway-watch')}`)
    })
  },
)

describe.skipIf(!has('checkmodule', 'semodule_package', 'make', REFPOLICY))(
  'the SELinux module',
  () => {
    it('compiles against the reference policy', () => {
      const build = join(root, 'selinux')
      cpSync(join(DEPLOY, 'selinux'), build, { recursive: true })
      run('make', '-C', build, '-f', REFPOLICY, 'NAME=default', 'spillway.pp')
      expect(existsSync(join(build, 'spillway.pp'))).toBe(true)
    })
  },
)

describe.skipIf(!has('apparmor_parser', '/etc/apparmor.d/tunables/global'))(
  'the AppArmor profile',
  () => {
    it.each(readdirSync(join(DEPLOY, 'apparmor')))('%s parses', (name) => {
      run('apparmor_parser', '--skip-kernel-load', '--skip-cache', join(DEPLOY, 'apparmor', name))
    })
  },
)
