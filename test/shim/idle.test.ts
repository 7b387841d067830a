import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeDirectory, spooled, until } from '../spool/fixture.ts'
import { buildShim, exitOf, loadOf, startProcess } from './process.ts'

let shim: string
let spool: string
let remove: () => void
beforeAll(() => {
  shim = buildShim()
})
afterAll(() => rmSync(shim, { force: true }))
beforeEach(() => {
  ;({ path: spool, remove } = makeDirectory())
})
afterEach(() => remove())

test('it idles: after one tick nothing is written, with no CPU to speak of and few wake-ups', async () => {
  const child = startProcess(shim, ['--spool', spool])
  child.stdin?.write('one\n')
  await until(() => spooled(spool).text === 'one\n<tick>', 'the tick is spooled')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const before = loadOf(child.pid ?? 0)
  await new Promise((resolve) => setTimeout(resolve, 4000))
  const after = loadOf(child.pid ?? 0)
  child.stdin?.end()
  await exitOf(child)
  expect(spooled(spool).text).toBe('one\n<tick>')
  // 0.3 % of 4 s are 1.2 ticks of 10 ms; five wake-ups a second are 20.
  expect(after.ticks - before.ticks).toBeLessThanOrEqual(2)
  expect(after.wakeUps - before.wakeUps).toBeLessThanOrEqual(20)
})
