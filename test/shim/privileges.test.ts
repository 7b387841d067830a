import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { spooled, until } from '../spool/fixture.ts'
import { exitOf, startProcess, useShim } from './process.ts'

const isRoot = process.getuid?.() === 0

const at = useShim()
beforeEach(() => {
  chmodSync(at.spool, 0o750)
})

test.runIf(isRoot)(
  'the shim gives root up for its user, and its files are not for others',
  async () => {
    const uid = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'latin1' }))
    const gid = Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'latin1' }))
    chownSync(at.spool, uid, gid)
    const group = execFileSync('id', ['-gn', 'nobody'], { encoding: 'latin1' }).trim()
    const child = startProcess(at.shim, ['--spool', at.spool, '--user', 'nobody', '--group', group])
    child.stdin?.write('x\n')
    await until(() => spooled(at.spool).text === 'x\n', 'it writes')
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1')
    expect(/^Uid:\s*(.*)/m.exec(status)?.[1].split('\t')).toEqual(Array(4).fill(String(uid)))
    expect(/^Gid:\s*(.*)/m.exec(status)?.[1].split('\t')).toEqual(Array(4).fill(String(gid)))
    expect(/^Groups:(.*)/m.exec(status)?.[1].trim()).toBe('')
    expect(/^CapEff:\s*(.*)/m.exec(status)?.[1]).toMatch(/^0+$/)
    const stat = lstatSync(join(at.spool, readdirSync(at.spool)[0]))
    expect([stat.uid, stat.gid, stat.mode & 0o777]).toEqual([uid, gid, 0o640])
    child.stdin?.end()
    await exitOf(child)
  },
)

test('a user that does not exist is said, and the shim goes on', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool, '--user', 'no-such-user'])
  child.stdin?.end('x\n')
  const { code, said } = await exitOf(child)
  expect(code).toBe(0)
  if (isRoot) expect(said).toMatch(/cannot change to user no-such-user, going on as it is/)
  expect(spooled(at.spool).text).toBe('x\n')
})

async function check(program: string, ...args: string[]): Promise<[number | string, string[]]> {
  const child = startProcess(program, ['--check', '--spool', at.spool, ...args], 'pipe')
  const { code, out } = await exitOf(child)
  return [code, out.trim().split('\n')]
}

describe('--check', () => {
  test.runIf(isRoot)('says nothing about a good setup', async () => {
    expect(await check(at.shim)).toEqual([0, ['']])
  })

  test('names each thing that is wrong in a line of its own', async () => {
    const copy = join(at.spool, 'copy')
    copyFileSync(at.shim, copy)
    chmodSync(copy, 0o755)
    chmodSync(at.spool, 0o777)
    const args = ['--user', 'no-such-user', '--group', 'no-such-group', '--limit', '999999T']
    const [code, lines] = await check(copy, ...args)
    expect(code).toBe(5)
    for (const text of [
      'has not mode 0750',
      'there is no user no-such-user',
      'there is no group no-such-group',
      'its mode should be 0750',
      'not to no-such-user',
      '--limit is more than',
    ]) {
      expect(lines.filter((line) => line.includes(text))).toHaveLength(1)
    }
  })

  test('names a spool that is missing and says how to make it', async () => {
    const [code, lines] = await check(at.shim, '--spool', `${at.spool}/none`)
    expect(code).toBe(5)
    expect(lines.at(-1)).toBe(`${at.spool}/none does not exist: mkdir -m 0750 ${at.spool}/none`)
  })
})
