import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { canMount } from '../tmpfs.ts'
import { bareRoot, type Ended, spillway, unpackTarball } from './tarball.ts'

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

const install = (): Ended => spillway(top, 'install', '--root', root)
const uninstall = (...args: string[]): Ended => spillway(top, 'uninstall', '--root', root, ...args)

describe.skipIf(reason)('an installation that failed', () => {
  it('is taken back where nothing but its list was made', () => {
    // No group can be made there.
    rmSync(join(root, 'etc/group'))
    mkdirSync(join(root, 'etc/group'))
    const { code, err } = install()
    expect(code).toBe(ExitCode.Fault)
    expect(err).toMatch(/^spillway: groupadd .*\n$/)
    const list = 'remove /opt/spillway/installed.json, the list of this installation\n'
    expect(uninstall('--dry-run')).toEqual({ code: ExitCode.Ok, out: `would ${list}`, err: '' })
    expect(uninstall()).toEqual({ code: ExitCode.Ok, out: `${list}remove /opt\n`, err: '' })
    expect(existsSync(join(root, 'opt'))).toBe(false)
    expect(uninstall()).toMatchObject({ code: ExitCode.Input, out: '' })
  })

  it.skipIf(!canMount)('for want of space says so in one line, and is taken back', () => {
    const opt = join(root, 'opt')
    mkdirSync(opt)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', opt])
    try {
      const { code, err } = install()
      expect(code).toBe(ExitCode.Fault)
      expect(err).toMatch(
        /^spillway: cannot copy \d+ files \([\d.]+ MB\) to \/opt\/spillway: no space left on device; .*\n$/,
      )
      expect(uninstall().out).not.toContain('kept')
      expect(readdirSync(opt)).toEqual([])
    } finally {
      execFileSync('umount', ['-l', opt])
    }
  })

  it('is taken back with as many files as were made', () => {
    install()
    for (const name of ['bin/node', 'package.json']) rmSync(join(root, 'opt/spillway', name))
    const before = readdirSync(join(root, 'opt/spillway'), {
      recursive: true,
      withFileTypes: true,
    }).filter((entry) => entry.isFile() && entry.name !== 'installed.json')
    writeFileSync(join(root, 'opt/spillway/notes'), 'mine')
    expect(uninstall().out).toMatch(
      new RegExp(`^remove ${before.length} files of the program and .*installed\\.json,`, 'm'),
    )
    expect(readdirSync(join(root, 'opt/spillway'))).toEqual(['notes'])
  })
})
