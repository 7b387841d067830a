import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Position } from '../../src/model/place.ts'
import { Checkpoint } from '../../src/spool/checkpoint.ts'
import { listSegments } from '../../src/spool/directory.ts'
import { buildShim, exitOf, numberedLines, startProcess } from '../shim/process.ts'
import { Collector, makeDirectory } from './fixture.ts'

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

async function follow(collector: Collector, length: number, each: () => Promise<void>) {
  const deadline = AbortSignal.timeout(20_000)
  while (collector.text.length < length && !deadline.aborted) {
    await collector.reader.wait(deadline)
    collector.drain()
    await each()
  }
}

test('a reader that follows gets every byte, however they were cut and spaced', async () => {
  const cuts = fc.sample(fc.integer({ min: 1, max: 60_000 }), { numRuns: 150, seed: 20_261_122 })
  const text = numberedLines(0, 45_000)
  const child = startProcess(shim, ['--spool', spool])
  const sending = (async () => {
    let at = 0
    for (const [i, cut] of cuts.entries()) {
      child.stdin?.write(text.slice(at, at + cut))
      at += cut
      if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, i % 13))
    }
    child.stdin?.end(text.slice(at))
  })()
  const collector = new Collector(spool)
  await follow(collector, text.length, () => Promise.resolve())
  await sending
  expect((await exitOf(child)).code).toBe(0)
  expect(collector.text === text).toBe(true)
  expect(collector.notices).toEqual([])
  collector.reader.close()
})

test('what is acknowledged is deleted, and a service that starts again goes on where it was', async () => {
  const text = numberedLines(0, 130_000)
  const args = ['--spool', spool, '--limit', '4M', '--when-full', 'block']
  const child = startProcess(shim, args)
  child.stdin?.end(text)
  const exit = exitOf(child)
  let kept = ''
  let at: Position | null = null
  for (const part of [0.2, 0.4, 0.6, 0.8, 1]) {
    const checkpoint = await Checkpoint.open(join(spool, 'state'))
    const { resume = null, salt = null } = checkpoint.last?.delivery ?? {}
    expect(resume).toEqual(at)
    const collector = new Collector(spool, { from: resume, salt })
    const { reader } = collector
    await follow(collector, Math.ceil(text.length * part) - kept.length, async () => {
      at = reader.position
      if (!at) return
      const progress = { resume: at, salt: reader.saltOf(at), done: { ...at, line: true } }
      const consumers = { delivery: progress, analysis: progress }
      await checkpoint.write({
        ...consumers,
        windows: 'null',
        config: '',
        closed: 0,
        attempt: null,
      })
    })
    expect(collector.notices).toEqual([])
    kept += collector.text
    reader.close()
  }
  expect((await exit).code).toBe(0)
  expect(kept === text).toBe(true)
  const ids = listSegments(spool)
  // Far fewer than the twenty that were written.
  expect(ids[0].sequence).toBeGreaterThan(10)
})
