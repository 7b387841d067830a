import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitOf, numberedLines, startProcess, useShim } from '../shim/process.ts'
import { spooled, until } from '../spool/fixture.ts'

const at = useShim()

test('shims that start together never meet in a file', async () => {
  const children = Array.from({ length: 6 }, () => startProcess(at.shim, ['--spool', at.spool]))
  const texts = children.map((_, i) => `${String(i).repeat(1000)}\n`.repeat(300))
  for (const [i, child] of children.entries()) child.stdin?.end(texts[i])
  const codes = await Promise.all(children.map(async (child) => (await exitOf(child)).code))
  expect(codes).toEqual(children.map(() => 0))
  const { text, notices } = spooled(at.spool)
  expect(text.split('<end>').toSorted()).toEqual(texts)
  expect(notices).toEqual([])
})

/** Bytes in all segments but those of the first so many epochs. */
function bytesIn(firstEpoch: number): number {
  const names = readdirSync(at.spool).filter((name) => Number(name.slice(0, 8)) > firstEpoch)
  return names.reduce((sum, name) => sum + lstatSync(join(at.spool, name)).size, 0)
}

test('ten that are killed under load each lose at most what they held, and it is told', async () => {
  const RING = 1 << 20
  const SOCKETS = 1 << 20
  const chunks = Array.from({ length: 400 }, (_, i) => numberedLines(i * 160, 160))
  const sent: number[] = []
  for (let round = 0; round < 10; round++) {
    const child = startProcess(at.shim, ['--spool', at.spool, '--ring', String(RING)])
    const exit = exitOf(child)
    child.stdin?.on('error', () => undefined)
    let bytes = 0
    let next = 0
    // As fast as a ring that is not full allows: what is dropped before the kill could not be told.
    const timer = setInterval(() => {
      if (bytes - bytesIn(round) > RING / 2) return
      const chunk = chunks[next++] ?? ''
      bytes += chunk.length
      child.stdin?.write(chunk)
    }, 1)
    await until(() => readdirSync(at.spool).length > round, 'it writes')
    await new Promise((resolve) => setTimeout(resolve, 150 + round * 7))
    clearInterval(timer)
    child.kill('SIGKILL')
    expect((await exit).code).toBe('SIGKILL')
    sent.push(bytes)
  }
  const { text, notices } = spooled(at.spool)
  const whole = chunks.join('')
  const parts = text.split('<end>')
  expect(parts.length).toBe(10)
  for (const [round, part] of parts.entries()) {
    expect(whole.startsWith(part)).toBe(true)
    expect(sent[round] - part.length).toBeLessThanOrEqual(RING + SOCKETS)
  }
  expect(notices.map(({ kind }) => kind)).toEqual(sent.map(() => 'died'))
})
