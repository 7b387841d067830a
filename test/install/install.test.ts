import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { bareRoot, type Ended, snapshot, spillway, unpackTarball } from './tarball.ts'

const reason = process.getuid?.() === 0 ? null : 'not root'
if (reason) console.warn(`install tests are left out: ${reason}`)

let top = ''
let root = ''
beforeAll(async () => {
  if (!reason) top = await unpackTarball()
})
afterAll(() => rmSync(dirname(top), { recursive: true, force: true }))
beforeEach(() => {
  root = bareRoot()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const install = (...args: string[]): Ended => spillway(top, 'install', '--root', root, ...args)
const uninstall = (...args: string[]): Ended => spillway(top, 'uninstall', '--root', root, ...args)
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const mode = (path: string): number => statSync(join(root, path)).mode & 0o7777

/** Number of a user by the root's list. */
function uid(name: string): number {
  return Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(read('etc/passwd'))?.[1])
}

describe.skipIf(reason)('spillway install', () => {
  it('makes a shim that auditd takes, and a plugin file that names it', () => {
    expect(install()).toMatchObject({ code: ExitCode.Ok, err: '' })
    expect(mode('opt/spillway/sbin/spillway-shim')).toBe(0o750)
    expect(read('opt/spillway/sbin/spillway-shim').split('\n')[0]).toBe(
      '#!/opt/spillway/bin/node --jitless',
    )
    expect(mode('etc/audit/plugins.d/spillway.conf')).toBe(0o640)
    expect(read('etc/audit/plugins.d/spillway.conf')).toContain(
      '\npath = /opt/spillway/sbin/spillway-shim\n',
    )
  })

  it('gives the spool to the shim and its state to the service', () => {
    install()
    const owners = ['var/spool/spillway', 'var/spool/spillway/state', 'var/log/spillway'].map(
      (path) => statSync(join(root, path)).uid,
    )
    expect(owners).toEqual([uid('spillway-shim'), uid('spillway'), uid('spillway')])
    expect(mode('var/spool/spillway')).toBe(0o750)
    expect(mode('etc/spillway/spillway.yaml')).toBe(0o640)
  })

  it('changes nothing the second time, also from its own prefix', () => {
    install()
    const before = snapshot(root)
    expect(spillway(join(root, 'opt/spillway'), 'install', '--root', root).out).toMatch(
      /^unchanged\n/,
    )
    expect(install().out).toMatch(/^unchanged\n/)
    expect(snapshot(root)).toBe(before)
  })

  it('prints every step of a dry run and changes nothing', () => {
    const before = snapshot(root)
    const { code, out } = install('--dry-run')
    expect(code).toBe(ExitCode.Ok)
    expect(snapshot(root)).toBe(before)
    const steps = install()
      .out.split('\n')
      .filter((line) => !line.startsWith('warning'))
    const told = out.split('\n').filter((line) => !line.startsWith('warning'))
    expect(told).toEqual(steps.map((line) => (line === '' ? '' : `would ${line}`)))
  })

  it('puts another prefix into every file', () => {
    install('--prefix', '/srv/audit/spillway')
    expect(existsSync(join(root, 'opt'))).toBe(false)
    const texts = ['etc/audit/plugins.d/spillway.conf', 'etc/systemd/system/spillway.service']
    for (const text of texts.map(read)) {
      expect(text).toContain('/srv/audit/spillway/')
      expect(text).not.toContain('/opt/spillway')
    }
    expect(read('srv/audit/spillway/sbin/spillway-shim')).toMatch(
      /^#!\/srv\/audit\/spillway\/bin\/node --jitless\n/,
    )
  })

  it('leaves a configuration that is there as it is', () => {
    mkdirSync(join(root, 'etc/spillway'))
    writeFileSync(join(root, 'etc/spillway/spillway.yaml'), 'node: kept\n')
    install()
    expect(read('etc/spillway/spillway.yaml')).toBe('node: kept\n')
  })

  it('removes what an earlier version had and this one has not', () => {
    install()
    const gone = join(top, 'deploy/gone.conf')
    writeFileSync(gone, '')
    install()
    expect(existsSync(join(root, 'opt/spillway/deploy/gone.conf'))).toBe(true)
    rmSync(gone)
    expect(install().out).toContain('remove /opt/spillway/deploy/gone.conf')
    expect(existsSync(join(root, 'opt/spillway/deploy/gone.conf'))).toBe(false)
  })

  it('names files that a service of another user left, and leaves them', () => {
    mkdirSync(join(root, 'var/log/spillway'), { recursive: true })
    writeFileSync(join(root, 'var/log/spillway/events.ndjson'), 'old')
    expect(install().out).toMatch(
      /^warning: \/var\/log\/spillway\/events\.ndjson is not the service's/m,
    )
    expect(statSync(join(root, 'var/log/spillway/events.ndjson')).uid).toBe(0)
  })

  it('says what it leaves out without systemd and without auditd', () => {
    rmSync(join(root, 'usr'), { recursive: true })
    rmSync(join(root, 'etc/audit'), { recursive: true })
    const { code, out } = install()
    expect(code).toBe(ExitCode.Ok)
    expect(out).toMatch(/^left out: units: /m)
    expect(out).toMatch(/^left out: plugin file: /m)
    expect(existsSync(join(root, 'etc/systemd/system/spillway.service'))).toBe(false)
    expect(existsSync(join(root, 'etc/audit'))).toBe(false)
  })

  it('warns of settings of auditd that hurt, and does not touch them', () => {
    const text = 'Q_DEPTH = 400\nname_format = FQD\noverflow_action = HALT\nflush = SYNC\n'
    writeFileSync(join(root, 'etc/audit/auditd.conf'), text)
    const warnings = install()
      .out.split('\n')
      .filter((line) => line.startsWith('warning: '))
    expect(warnings.map((line) => line.split(' ')[2])).toEqual([
      'q_depth',
      'overflow_action',
      'name_format',
      'flush',
    ])
    expect(read('etc/audit/auditd.conf')).toBe(text)
  })

  it.each([
    ['the plugin file', 'etc/audit/plugins.d/spillway.conf'],
    ['the configuration directory', 'etc/spillway'],
    ['the spool', 'var/spool/spillway'],
    ['the prefix', 'opt/spillway'],
    ['a directory above the prefix', 'opt'],
    ['a unit', 'etc/systemd/system/spillway.service'],
  ])('writes nothing through a symbolic link in the place of %s', (_what, path) => {
    const victim = join(root, 'victim')
    mkdirSync(victim)
    writeFileSync(join(victim, 'file'), 'untouched', { mode: 0o600 })
    const target = path.includes('.') ? join(victim, 'file') : victim
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(target, join(root, path))
    const { code, err } = install()
    expect(code).toBe(ExitCode.Fault)
    expect(err).toMatch(/^spillway: .*is a symbolic link: nothing is written there\n$/)
    expect(snapshot(victim)).toMatch(/^ d 755 0:0 \nfile f 600 0:0 \n/)
  })

  it('does not follow a link that the user of the spool made for the state', () => {
    install()
    const victim = join(root, 'victim')
    mkdirSync(victim)
    const state = join(root, 'var/spool/spillway/state')
    rmSync(state, { recursive: true })
    symlinkSync(victim, state)
    expect(install().code).toBe(ExitCode.Fault)
    expect(statSync(victim).uid).toBe(0)
    expect(lstatSync(state).isSymbolicLink()).toBe(true)
  })

  it('refuses a prefix that others may write to', () => {
    mkdirSync(join(root, 'opt'))
    chownSync(join(root, 'opt'), 1000, 1000)
    expect(install().err).toMatch(/opt does not belong to root/)
    chownSync(join(root, 'opt'), 0, 0)
    chmodSync(join(root, 'opt'), 0o777)
    expect(install().err).toMatch(/opt can be written by others than root/)
    expect(existsSync(join(root, 'opt/spillway'))).toBe(false)
  })

  it.each(['relative', '/opt/../etc', '/opt/with blank', `/${'long'.repeat(40)}`])(
    'refuses the prefix %s',
    (prefix) => {
      const { code, err } = install('--prefix', prefix)
      expect(code).toBe(ExitCode.Usage)
      expect(err.trim().split('\n')).toHaveLength(1)
    },
  )

  it('is refused beside a package', () => {
    mkdirSync(join(root, 'usr/lib/systemd/system'))
    writeFileSync(join(root, 'usr/lib/systemd/system/spillway.service'), '')
    expect(install()).toMatchObject({ code: ExitCode.Usage, out: '' })
    expect(existsSync(join(root, 'opt'))).toBe(false)
  })

  it('is refused outside of a tarball, which alone has a Node.js to install', () => {
    const away = join(dirname(top), 'node')
    renameSync(join(top, 'bin/node'), away)
    symlinkSync(away, join(top, 'bin/node'))
    const { code, err } = install()
    rmSync(join(top, 'bin/node'))
    renameSync(away, join(top, 'bin/node'))
    expect(code).toBe(ExitCode.Input)
    expect(err).toMatch(/is not the unpacked tarball/)
  })
})

describe.skipIf(reason)('spillway uninstall', () => {
  it('leaves the data and nothing else', () => {
    const before = snapshot(join(root, 'etc/systemd')) + snapshot(join(root, 'etc/audit'))
    install()
    writeFileSync(join(root, 'var/spool/spillway/00000001-00000000.seg'), 'kept')
    expect(uninstall()).toMatchObject({ code: ExitCode.Ok, err: '' })
    expect(snapshot(join(root, 'etc/systemd')) + snapshot(join(root, 'etc/audit'))).toBe(before)
    expect(existsSync(join(root, 'opt'))).toBe(false)
    expect(existsSync(join(root, 'etc/spillway/spillway.yaml'))).toBe(true)
    expect(read('var/spool/spillway/00000001-00000000.seg')).toBe('kept')
    expect(uid('spillway-shim')).toBeGreaterThan(0)
  })

  it('leaves a file in its prefix that is not its own', () => {
    install()
    writeFileSync(join(root, 'opt/spillway/notes'), 'mine')
    uninstall()
    expect(
      snapshot(join(root, 'opt'))
        .split('\n')
        .filter((line) => / [df] /.test(line)),
    ).toEqual([' d 755 0:0 ', 'spillway d 755 0:0 ', 'spillway/notes f 644 0:0 '])
  })

  it('leaves nothing at all with --purge', () => {
    const files = (): string[] =>
      snapshot(root)
        .split('\n')
        .filter(
          (line) => !/^etc\/(?:[a-z]+-|g?shadow|subuid|subgid) |^etc [df]| {2}\.\//.test(line),
        )
    const before = files()
    install()
    uninstall('--purge')
    expect(files()).toEqual(before)
    expect(read('etc/passwd')).toBe('root:x:0:0:root:/root:/bin/sh\n')
    expect(read('etc/group')).toBe('root:x:0:\n')
  })

  it('leaves users that were there before', () => {
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nspillway:x:77:\n')
    install()
    uninstall('--purge')
    expect(read('etc/group')).toContain('spillway:x:77:')
  })

  it('prints every step of a dry run and changes nothing', () => {
    install()
    const before = snapshot(root)
    expect(uninstall('--dry-run', '--purge').out).toContain(
      'would remove /etc/audit/plugins.d/spillway.conf',
    )
    expect(snapshot(root)).toBe(before)
  })

  it('says so where nothing was installed', () => {
    expect(uninstall()).toMatchObject({ code: ExitCode.Input, out: '' })
  })
})
