import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fillLevel, formatRoom, parseRoom } from '../../src/spool/room-line.ts'
import { usedBytes } from '../../src/spool/sizes.ts'
import { PLANTS } from '../security/plants.ts'
import { spooled, until } from '../spool/fixture.ts'
import { canMount, onSmallDisk } from '../tmpfs.ts'
import { exitOf, linesOfShim, numberedLines, startProcess, useShim } from './process.ts'

const at = useShim()

/** What the shim says of its room, once it does. */
async function allowance(spool: string) {
  const path = join(spool, 'room')
  await until(() => existsSync(path), 'it is said')
  return parseRoom(readFileSync(path, 'latin1'))
}

test('the operator is warned at half and at four fifths of the limit, once each', async () => {
  const args = ['--spool', at.spool, '--limit', '4M', '--compress', 'never']
  const child = startProcess(at.shim, args)
  const exit = exitOf(child)
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  const warnings = () => linesOfShim(said).map((line) => / (\d+) % of what it can/.exec(line)?.[1])
  const text = numberedLines(0, 60_000)
  const send = (from: number, to: number) => child.stdin?.write(text.slice(from, to))
  send(0, 1_900_000)
  // It looks every second.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(warnings()).toEqual([])
  send(1_900_000, 2_200_000)
  await until(() => warnings().length === 1, 'it warns')
  send(2_200_000, 3_400_000)
  await until(() => warnings().length === 2, 'it warns again')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(warnings().map(Number)).toEqual([52, 81])
  child.stdin?.end()
  expect((await exit).code).toBe(0)
})

test.runIf(canMount)(
  'its bounds are a tenth of the file system, and 5 % that stay free',
  async () => {
    await onSmallDisk(200 << 20, async (disk) => {
      const child = startProcess(at.shim, ['--spool', disk])
      child.stdin?.write('one\n')
      expect(await allowance(disk)).toEqual({ limit: 20 << 20, keepFree: 10 << 20 })
      child.stdin?.end()
      await exitOf(child)
    })
  },
)

test.runIf(canMount)(
  'at its limit no segment grows any more, and the hole is as long as what is missing',
  async () => {
    await onSmallDisk(64 << 20, async (disk) => {
      const child = startProcess(at.shim, ['--spool', disk, '--compress', 'never'])
      const exit = exitOf(child)
      const text = numberedLines(0, 200_000)
      let most = 0
      const look = setInterval(() => {
        most = Math.max(most, usedBytes(disk))
      }, 5)
      child.stdin?.write(text)
      const { limit } = (await allowance(disk)) ?? { limit: 0 }
      child.stdin?.end()
      expect((await exit).code).toBe(1)
      clearInterval(look)
      expect(limit).toBe(Math.floor((64 << 20) / 10))
      // What tells of the hole, and the end, is written over the limit.
      expect(Math.max(most, usedBytes(disk))).toBeLessThan(limit + 1000)
      const { text: kept, notices } = spooled(disk)
      expect(notices.length).toBeGreaterThan(0)
      const missing = text.length - kept.replaceAll(/<gap>|<end>/g, '').length
      const dropped = notices.map((notice) => (notice.kind === 'dropped' ? notice.gap : null))
      expect(dropped.reduce((sum, gap) => sum + (gap?.bytes ?? 0), 0)).toBe(missing)
    })
  },
)

test.each(PLANTS)(
  '%s under the name of the file is replaced, not followed',
  async (_what, make) => {
    const victim = join(at.spool, 'victim')
    writeFileSync(victim, 'evidence\n')
    make(join(at.spool, 'room'), victim)
    const child = startProcess(at.shim, ['--spool', at.spool])
    const exit = exitOf(child)
    child.stdin?.write('one\n')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    child.stdin?.end()
    expect((await exit).code).toBe(0)
    expect(readFileSync(victim, 'latin1')).toBe('evidence\n')
    expect(statSync(victim).size).toBe(9)
    expect(spooled(at.spool).text).toBe('one\n')
  },
)

test('nothing but such a line is believed', () => {
  const line = formatRoom({ limit: 4, keepFree: 0 })
  expect(parseRoom(line)).toEqual({ limit: 4, keepFree: 0 })
  for (const bad of ['', line.replace('4', '5'), line.replace('1', '2'), `${line}x`, ` ${line}`])
    expect(parseRoom(bad)).toBeNull()
})

test('a level is left a tenth below where it began', () => {
  const levels: number[] = []
  for (const share of [0, 0.49, 0.5, 0.41, 0.8, 0.71, 0.69, 0.45, 0.39, 0.49, 1.5])
    levels.push(fillLevel(share, levels.at(-1) ?? 0))
  expect(levels).toEqual([0, 0, 1, 1, 2, 2, 1, 1, 0, 0, 2])
})
