import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listSegments } from '../../src/spool/directory.ts'
import { formatReleased } from '../../src/spool/format.ts'
import { accountFor, Collector, spooled, until } from '../spool/fixture.ts'
import { exitOf, linesOfShim, numberedLines, startProcess, useShim } from './process.ts'

const at = useShim()

/** What the reader's side does: everything below the newest segment may be deleted. */
function release(): void {
  const ids = listSegments(at.spool)
  mkdirSync(join(at.spool, 'state'), { recursive: true })
  writeFileSync(join(at.spool, 'state/released'), formatReleased(ids[ids.length - 1]))
}

function spooledBytes(): number {
  return spooled(at.spool).text.length
}

test('at its limit the newest bytes are dropped, and spooled and dropped make up what was sent', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool, '--limit', '4M', '--compress', 'never'])
  const text = numberedLines(0, 100_000)
  child.stdin?.end(text)
  const { code, said } = await exitOf(child)
  expect(code).toBe(1)
  expect(linesOfShim(said)[0]).toMatch(
    /the spool is full \(\d+ of 4194304 bytes.*new records are dropped/,
  )
  const { kept, dropped } = accountFor(text, at.spool)
  expect(kept + dropped).toBe(text.length)
  expect(kept).toBeGreaterThan(3 << 20)
  expect(kept).toBeLessThan(4 << 20)
})

test('when released segments are deleted, a gap is told and the stream goes on after it', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool, '--limit', '4M', '--compress', 'never'])
  const exit = exitOf(child)
  child.stdin?.write(numberedLines(0, 100_000))
  await until(() => spooledBytes() > 3 << 20, 'it is full')
  await until(() => child.stdin?.writableLength === 0, 'all was read')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const full = listSegments(at.spool).length
  release()
  await until(() => listSegments(at.spool).length < full, 'segments are deleted')
  child.stdin?.end('after\n')
  await exit
  const { text } = spooled(at.spool)
  expect(text.endsWith('<gap>after\n')).toBe(true)
})

test('drop-oldest keeps the newest bytes, and the reader tells exactly what it did not read', async () => {
  const child = startProcess(at.shim, [
    '--spool',
    at.spool,
    '--limit',
    '4M',
    '--when-full',
    'drop-oldest',
    '--compress',
    'never',
  ])
  const text = numberedLines(0, 200_000)
  child.stdin?.end(text)
  expect((await exitOf(child)).code).toBe(0)
  const found = spooled(at.spool)
  expect(found.text.length).toBeGreaterThan(2 << 20)
  expect(text.endsWith(found.text)).toBe(true)
  const lost = text.slice(0, text.length - found.text.length)
  expect(found.notices).toMatchObject([
    { kind: 'skipped', bytes: lost.length, lineFeeds: lost.split('\n').length - 1 },
  ])
})

test('block reads no more, and loses nothing once there is room again', async () => {
  const args = [
    '--spool',
    at.spool,
    '--limit',
    '4M',
    '--ring',
    '1M',
    '--when-full',
    'block',
    '--compress',
    'never',
  ]
  const child = startProcess(at.shim, args)
  const exit = exitOf(child)
  const text = numberedLines(0, 100_000)
  const collector = new Collector(at.spool)
  child.stdin?.end(text)
  // Longer than the shim is patient with a spool that fails.
  await new Promise((resolve) => setTimeout(resolve, 3500))
  await until(() => {
    collector.drain()
    if (collector.text.length > 2 << 20) release()
    return collector.text.length === text.length
  }, 'all has come through')
  expect((await exit).code).toBe(0)
  collector.drain()
  expect(collector.text === text).toBe(true)
  expect(collector.notices).toEqual([])
})
