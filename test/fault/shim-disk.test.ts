import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitOf, linesOfShim, numberedLines, startProcess, useShim } from '../shim/process.ts'
import { accountFor, Collector, spooled, until } from '../spool/fixture.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'

const at = useShim()

test('a directory that comes late loses nothing', async () => {
  const late = join(at.spool, 'late')
  const child = startProcess(at.shim, ['--spool', late])
  const exit = exitOf(child)
  let heard = ''
  child.stderr?.on('data', (chunk) => {
    heard += String(chunk)
  })
  child.stdin?.write('early\n')
  await until(() => heard.includes('cannot write'), 'it says that it cannot write')
  mkdirSync(late)
  await until(() => readdirSync(late).length > 0, 'it writes')
  child.stdin?.end('late\n')
  const { code, said } = await exit
  expect(code).toBe(0)
  expect(linesOfShim(said)).toEqual([
    expect.stringMatching(/cannot write the spool: ENOENT/),
    expect.stringMatching(/written again/),
  ])
  const collector = new Collector(late)
  collector.drain()
  expect(collector.text).toBe('early\nlate\n')
})

test('one that never comes ends in a count of what was lost', async () => {
  const child = startProcess(at.shim, ['--spool', join(at.spool, 'never')])
  child.stdin?.end('lost\n')
  const { code, said } = await exitOf(child)
  expect(code).toBe(1)
  expect(linesOfShim(said).at(-1)).toMatch(/5 of 5 bytes were not written/)
})

test.runIf(canMount)(
  'on a full disk what was read is kept, then dropped and told, and it goes on',
  async () => {
    await onSmallDisk(12 << 20, async (disk) => {
      const args = [
        '--spool',
        disk,
        '--limit',
        '12M',
        '--keep-free',
        '0',
        '--ring',
        '2M',
        '--compress',
        'never',
      ]
      const child = startProcess(at.shim, args)
      const exit = exitOf(child)
      const text = numberedLines(0, 120_000)
      child.stdin?.write(text.slice(0, 100))
      await until(() => spooled(disk).text.length === 100, 'it writes')
      // Something else fills the disk right after the shim has looked how much is free.
      writeFileSync(join(disk, 'other'), Buffer.alloc(10 << 20))
      child.stdin?.write(text.slice(100))
      await until(() => child.stdin?.writableLength === 0, 'all was read')
      await new Promise((resolve) => setTimeout(resolve, 300))
      // A gap may have been told before, where a little room was left.
      const { length } = spooled(disk).text
      rmSync(join(disk, 'other'))
      await until(() => spooled(disk).text.length > length, 'it writes again')
      await until(() => spooled(disk).text.includes('<gap>'), 'the gap is told')
      child.stdin?.end('after\n')
      const { code, said } = await exit
      expect(code).toBe(1)
      const lines = linesOfShim(said)
      expect(lines[0]).toMatch(/cannot write the spool: .*(?:ENOSPC|short write)/)
      expect(lines.some((line) => line.includes('written again'))).toBe(true)
      const { kept, dropped } = accountFor(`${text}after\n`, disk)
      expect(kept + dropped).toBe(text.length + 6)
      expect(dropped).toBeGreaterThan(1 << 20)
      expect(spooled(disk).text.endsWith('<gap>after\n')).toBe(true)
    })
  },
)

test.runIf(canMount)('keep-free leaves the space of others alone', async () => {
  await onSmallDisk(12 << 20, async (disk) => {
    const args = ['--spool', disk, '--limit', '12M', '--keep-free', '8M', '--compress', 'never']
    const child = startProcess(at.shim, args)
    child.stdin?.end(numberedLines(0, 120_000))
    await exitOf(child)
    const { bavail, bsize } = statfsSync(disk)
    expect(bavail * bsize).toBeGreaterThanOrEqual((8 << 20) - 4096)
    expect(spooled(disk).notices).toMatchObject([{ kind: 'dropped' }])
  })
})
