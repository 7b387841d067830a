import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listSegments } from '../../src/spool/directory.ts'
import { formatReleased } from '../../src/spool/format.ts'
import { isPackingName } from '../../src/spool/pack-format.ts'
import { SegmentSizes, usedBytes } from '../../src/spool/sizes.ts'
import { spooled, until } from '../spool/fixture.ts'
import { exitOf, numberedLines, startProcess, useShim } from './process.ts'

const at = useShim()

function start(...args: readonly string[]): ChildProcess {
  return startProcess(at.shim, ['--spool', at.spool, '--limit', '4M', ...args])
}

function written(): number {
  return new SegmentSizes(at.spool).after(null)
}

/** Sends lines a megabyte at a time, and waits for the spool to be below a share of its limit. */
async function send(child: ChildProcess, text: string, most: number): Promise<void> {
  for (let from = 0; from < text.length; from += 1 << 20) {
    const part = text.slice(from, from + (1 << 20))
    const before = written()
    child.stdin?.write(part)
    await until(() => written() >= before + part.length, 'it is written')
    await until(() => usedBytes(at.spool) < most, 'it is packed')
  }
}

test('a backlog of several times the limit is kept, and read back byte for byte', async () => {
  const child = start()
  const text = numberedLines(0, 200_000)
  await send(child, text, 2 << 20)
  expect(written()).toBeGreaterThan(12 << 20)
  child.stdin?.end()
  expect((await exitOf(child)).code).toBe(0)
  expect(spooled(at.spool)).toEqual({ text, notices: [] })
})

test('a small backlog is left as it is, and any with --compress never', async () => {
  for (const [args, lines] of [[[], 10_000] as const, [['--compress', 'never'], 25_000] as const]) {
    const child = start(...args)
    const before = written()
    const text = numberedLines(0, lines)
    child.stdin?.write(text)
    await until(() => written() > before + text.length, 'it is written')
    // It looks every second.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(usedBytes(at.spool)).toBe(written())
    child.stdin?.end()
    await exitOf(child)
  }
})

test('packed segments are deleted when they are released', async () => {
  const child = start()
  await send(child, numberedLines(0, 50_000), 2 << 20)
  const ids = listSegments(at.spool)
  mkdirSync(join(at.spool, 'state'))
  writeFileSync(join(at.spool, 'state/released'), formatReleased(ids[ids.length - 1]))
  await until(() => listSegments(at.spool).length === 1, 'they are deleted')
  child.stdin?.end()
  await exitOf(child)
})

test('killed at any moment it leaves every segment whole, and the next one cleans up', async () => {
  const all = numberedLines(0, 200_000)
  let sent = ''
  for (let round = 0; round < 6; round++) {
    const child = start('--limit', '8M')
    const exit = exitOf(child)
    const part = all.slice(sent.length, sent.length + (5 << 18))
    const before = written()
    child.stdin?.write(part)
    await until(() => written() >= before + part.length, 'it is written')
    sent += part
    const most = round % 2 === 0 ? 2 << 20 : 3 << 20
    const isPacking = () => round % 2 === 0 && readdirSync(at.spool).some(isPackingName)
    await until(() => isPacking() || usedBytes(at.spool) < most, 'it packs')
    await new Promise((resolve) => setTimeout(resolve, round * 3))
    child.kill('SIGKILL')
    await exit
    const { text, notices } = spooled(at.spool)
    expect(text.replaceAll(/<end>/g, '') === sent).toBe(true)
    expect(notices.every(({ kind }) => kind === 'died')).toBe(true)
  }
  expect(usedBytes(at.spool)).toBeLessThan(written() / 2)
  const child = start('--limit', '8M')
  child.stdin?.end('last\n')
  await exitOf(child)
  expect(readdirSync(at.spool).filter(isPackingName)).toEqual([])
})
