import { spawn } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Collector, spooled, until } from '../spool/fixture.ts'
import { exitOf, linesOfShim, numberedLines, startProcess, useShim } from './process.ts'

const at = useShim()

const text = numberedLines(0, 30_000)

function expectWhole(sent: string): void {
  const found = spooled(at.spool)
  expect(found.text === sent).toBe(true)
  expect(found.notices).toEqual([])
}

test('a socket is spooled byte for byte', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  child.stdin?.end(text)
  expect((await exitOf(child)).code).toBe(0)
  expectWhole(text)
})

test('a pipe is spooled byte for byte', async () => {
  writeFileSync(join(at.spool, 'input'), text)
  const child = spawn('/bin/sh', [
    '-c',
    `cat "${at.spool}/input" | "${at.shim}" --spool "${at.spool}"`,
  ])
  expect((await exitOf(child)).code).toBe(0)
  expectWhole(text)
})

test('a file is spooled byte for byte', async () => {
  writeFileSync(join(at.spool, 'input'), text)
  const fd = openSync(join(at.spool, 'input'), 'r')
  const child = spawn(at.shim, ['--spool', at.spool, '--ring', '1M'], {
    stdio: [fd, 'ignore', 'pipe'],
  })
  expect((await exitOf(child)).code).toBe(0)
  expectWhole(text)
})

test('an input that is empty is an epoch that ends', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  child.stdin?.end()
  expect((await exitOf(child)).code).toBe(0)
  const collector = new Collector(at.spool)
  expect(collector.drain()).toEqual([])
  expect(collector.reader.isOver).toBe(true)
})

test('a directory is refused in one line', async () => {
  const fd = openSync('/', 'r')
  const child = spawn(at.shim, ['--spool', at.spool], { stdio: [fd, 'ignore', 'pipe'] })
  const { code, said } = await exitOf(child)
  expect(code).toBe(2)
  expect(linesOfShim(said)).toEqual([expect.stringContaining('standard input is a directory')])
})

test('what was written is in the spool within moments, while input goes on', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  child.stdin?.write('one\n')
  await until(() => spooled(at.spool).text === 'one\n', 'the first line is spooled')
  child.stdin?.write('two\n')
  await until(() => spooled(at.spool).text === 'one\ntwo\n', 'the second line is spooled')
  child.stdin?.end()
  await exitOf(child)
})
