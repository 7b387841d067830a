import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Outbox } from '../../src/sink/outbox.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-outbox-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

let places = 0
const freshPlace = (): string => join(directory, `${places++}`)

/** Takes all that waits. */
function drain(outbox: Outbox): unknown[] {
  const taken: unknown[] = []
  for (let entry = outbox.take(); entry !== null; entry = outbox.take())
    taken.push(JSON.parse(entry.text))
  return taken
}

describe('the outbox', () => {
  it('gives rates and alerts in the order in which they came', async () => {
    const outbox = await Outbox.open(freshPlace())
    outbox.add('rate', { n: 1 })
    outbox.add('alert', { n: 2 })
    outbox.add('rate', { n: 3 })
    expect(drain(outbox)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    await outbox.close()
  })

  it('gives again after a restart what was not delivered, and nothing else', async () => {
    const place = freshPlace()
    const before = await Outbox.open(place)
    for (let n = 1; n <= 5; n++) before.add('alert', { n })
    drain(before)
    before.delivered(2)
    await before.close()
    const after = await Outbox.open(place)
    expect(drain(after)).toEqual([{ n: 3 }, { n: 4 }, { n: 5 }])
    after.delivered(3)
    after.add('rate', { n: 6 })
    await after.close()
    expect(drain(await Outbox.open(place))).toEqual([{ n: 6 }])
  })

  it('has on disk what was added before a sync settled', async () => {
    const place = freshPlace()
    const outbox = await Outbox.open(place)
    outbox.add('alert', { text: 'a\nb' })
    await outbox.sync()
    expect(readFileSync(join(place, 'outbox.ndjson'), 'utf8')).toBe(
      '{"n":0,"kind":"alert","message":{"text":"a\\nb"}}\n',
    )
    await outbox.close()
  })

  it('drops the oldest rates first, then the oldest alerts, and counts them', async () => {
    const outbox = await Outbox.open(freshPlace(), 4 * '{"n":"a"}'.length)
    const add = (kind: 'rate' | 'alert', names: string): void => {
      for (const n of names) outbox.add(kind, { n })
    }
    add('alert', 'a')
    add('rate', 'bcd')
    expect(outbox.dropped).toBe(0)
    add('alert', 'ef')
    expect(outbox.dropped).toBe(2)
    add('alert', 'ghi')
    expect(outbox.dropped).toBe(5)
    expect(drain(outbox)).toEqual(['f', 'g', 'h', 'i'].map((n) => ({ n })))
    await outbox.close()
  })

  it('keeps its file small when all is delivered, and goes on in it', async () => {
    const place = freshPlace()
    const outbox = await Outbox.open(place)
    for (let n = 0; n < 3; n++) {
      outbox.add('rate', { filler: 'x'.repeat(200_000) })
      drain(outbox)
      outbox.delivered(1)
      await outbox.sync()
    }
    expect(statSync(join(place, 'outbox.ndjson')).size).toBeLessThan(300_000)
    outbox.add('alert', { n: 1 })
    await outbox.close()
    expect(drain(await Outbox.open(place))).toEqual([{ n: 1 }])
  })

  it('passes over what is damaged and cuts off what was never finished', async () => {
    const place = freshPlace()
    const outbox = await Outbox.open(place)
    outbox.add('alert', { n: 1 })
    await outbox.close()
    const file = join(place, 'outbox.ndjson')
    writeFileSync(file, `\u0000\u0000\n7\n{"n":2}\n${readFileSync(file, 'utf8')}{"n":1,"kind":"al`)
    expect(drain(await Outbox.open(place))).toEqual([{ n: 1 }])
  })
})
