import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { Block, Message } from '../../src/model/delivery.ts'
import { blockOf, type Item } from './blocks.ts'

const T = 1_700_000_000
const PROGRAMS = 1_000_000
const PER_SECOND = 20_000
/** What a JSON text of the state may have, and by how much the heap may grow, whatever came. */
const MOST_STATE_BYTES = 512 << 10
const MOST_GROWTH_BYTES = 1 << 20

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Makes a second's block the one of another second, with other programs, paths and parents. */
function become({ runs: [{ batch, result }] }: Block, second: number): void {
  const { events, texts } = result
  const first = second * PER_SECOND
  batch.marks[1] = second * 1000
  batch.marks[2] = second * batch.length
  for (let text = 1; text < texts.count; text++) {
    const name = Buffer.from(String(first + (text >> 1)).padStart(8, '0'))
    batch.bytes.set(name, texts.end[text] - name.length)
    texts.hash[text] = crc32(batch.bytes.subarray(texts.start[text], texts.end[text]))
  }
  for (let row = 0; row < events.count; row++) {
    events.sec[row] = T + second
    events.serial[row] = first + row + 1
    events.parent[row] = first + row + 1
  }
}

it('a million programs, each with a path and a parent of its own, take no more memory than the first of them', () => {
  const items = Array.from({ length: PER_SECOND }, (_, n): Item => {
    const name = String(n).padStart(8, '0')
    return { kind: 'event', at: T, keys: ['k'], program: `/tmp/${name}`, path: `/srv/${name}` }
  })
  const block = blockOf(items)
  const alerts: Message[] = []
  const analyser = new Analyser({
    host: 'web-01',
    interval: 10_000,
    emitRate: () => {},
    emitAlert: (alert) => alerts.push(alert),
  })
  let before = Number.NaN
  for (let second = 0; second < PROGRAMS / PER_SECOND; second++) {
    become(block, second)
    analyser.accept(block)
    if (second === 15) before = heapBytes()
  }
  expect(analyser.counts.events).toBe(PROGRAMS)
  expect(heapBytes() - before).toBeLessThan(MOST_GROWTH_BYTES)
  expect(JSON.stringify(analyser.state()).length).toBeLessThan(MOST_STATE_BYTES)
  expect(alerts.length).toBeLessThan(10)
})
