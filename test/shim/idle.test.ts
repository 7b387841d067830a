import { expect, test } from 'vitest'
import { spooled, until } from '../spool/fixture.ts'
import { exitOf, loadOf, startProcess, useShim } from './process.ts'

const at = useShim()

test('it idles: a tick 2.5 s after the last bytes, one every 10 s then, next to no CPU and few wake-ups', async () => {
  const child = startProcess(at.shim, ['--spool', at.spool])
  const exit = exitOf(child)
  child.stdin?.write('one\n')
  await until(() => spooled(at.spool).text === 'one\n<tick>', 'the tick is spooled')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const before = loadOf(child.pid ?? 0)
  await new Promise((resolve) => setTimeout(resolve, 4000))
  const after = loadOf(child.pid ?? 0)
  expect(spooled(at.spool).text).toBe('one\n<tick>')
  // 0.3 % of 4 s are 1.2 ticks of 10 ms; five wake-ups a second are 20.
  expect(after.ticks - before.ticks).toBeLessThanOrEqual(2)
  expect(after.wakeUps - before.wakeUps).toBeLessThanOrEqual(20)
  await until(() => spooled(at.spool).text === 'one\n<tick><tick>', 'the next tick is spooled')
  child.stdin?.write('two\n')
  await until(
    () => spooled(at.spool).text.endsWith('<tick>two\n<tick>'),
    'new silence has its tick',
  )
  child.stdin?.end()
  expect((await exit).code).toBe(0)
  expect(spooled(at.spool).text).toBe('one\n<tick><tick>two\n<tick>')
})
