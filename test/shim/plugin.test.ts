import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spooled, until } from '../spool/fixture.ts'
import { exitOf, linesOfShim, startProcess, useShim } from './process.ts'

const at = useShim()

test('it runs without JIT, environment or writable output, and from one file', async () => {
  writeFileSync(join(at.spool, 'package.json'), '{"type":"module"}')
  const copies = [join(at.spool, 'spillway-shim'), join(at.spool, 'plain/spillway-shim')]
  mkdirSync(join(at.spool, 'plain'))
  writeFileSync(join(at.spool, 'plain/package.json'), '{}')
  for (const copy of copies) {
    execFileSync('cp', ['-p', at.shim, copy])
    const child = spawn(copy, ['--spool', at.spool], {
      env: {},
      cwd: '/',
      stdio: ['pipe', openSync('/dev/null', 'r'), openSync('/dev/null', 'r')],
    })
    await until(() => readFileSync(`/proc/${child.pid}/cmdline`).includes('--jitless'), 'started')
    expect(readFileSync(`/proc/${child.pid}/environ`, 'latin1')).toBe('')
    child.stdin?.end('x')
    expect((await exitOf(child)).code).toBe(0)
  }
  expect(spooled(at.spool).text).toBe('x<end>x')
})

test('its file takes nothing but built-in modules', () => {
  const code = readFileSync(at.shim, 'utf8')
  const taken = [...code.matchAll(/\b(?:require|import)\(\s*["']([^"']+)["']/g)].map((m) => m[1])
  expect(taken.length).toBeGreaterThan(5)
  expect(taken.filter((name) => !name.startsWith('node:'))).toEqual([])
  expect(code).not.toMatch(/^import /m)
  expect(code.split('\n')[0]).toBe(`#!${process.execPath} --jitless`)
})

test.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('%s changes nothing', async (signal) => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  child.stdin?.write('before\n')
  await until(() => readdirSync(at.spool).length > 0, 'it runs')
  child.kill(signal)
  await new Promise((resolve) => setTimeout(resolve, 100))
  child.stdin?.end('after\n')
  expect((await exitOf(child)).code).toBe(0)
  expect(spooled(at.spool).text).toBe('before\nafter\n')
})

test('TERM drains what still comes, until the end of input', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  child.stdin?.write('before\n')
  await until(() => readdirSync(at.spool).length > 0, 'it runs')
  child.kill('SIGTERM')
  child.stdin?.write('after\n')
  await new Promise((resolve) => setTimeout(resolve, 200))
  child.stdin?.end('last\n')
  expect((await exitOf(child)).code).toBe(0)
  expect(spooled(at.spool).text).toBe('before\nafter\nlast\n')
})

test('TERM ends it within seconds although input stays open, and a second TERM at once', async () => {
  const children = [1, 2].map(() => startProcess(at.shim, ['--spool', at.spool]))
  for (const child of children) child.stdin?.write('x\n')
  await until(() => readdirSync(at.spool).length === 2, 'both run')
  const start = Date.now()
  for (const child of children) child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 100))
  children[1].kill('SIGTERM')
  expect((await exitOf(children[1])).code).toBe(0)
  expect(Date.now() - start).toBeLessThan(2500)
  expect((await exitOf(children[0])).code).toBe(0)
  expect(Date.now() - start).toBeLessThan(8000)
})

test('it ends soon after the end of input', async () => {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const child = startProcess(at.shim, ['--spool', at.spool])
    child.stdin?.write('x\n')
    await until(() => readdirSync(at.spool).length > i, 'it runs')
    const start = performance.now()
    child.stdin?.end('last\n')
    await exitOf(child)
    times.push(Math.round(performance.now() - start))
  }
  // The aim is 50 ms, after which auditd sends TERM; a busy test machine gets more.
  expect(Math.min(...times)).toBeLessThan(400)
})

test.each([
  [['--spol', '/x'], '--spol'],
  [['--spool', 'x'], '--spool must be an absolute path'],
  [['--limit', '12q'], '--limit must be a size'],
  [['extra'], 'extra'],
])('%j is refused in one line', async (args, text) => {
  const { code, said } = await exitOf(startProcess(at.shim, args))
  expect(code).toBe(2)
  expect(linesOfShim(said)).toEqual([expect.stringContaining(text)])
})
