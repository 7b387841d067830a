import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { addMark, MarkKind, placeAt } from '../../src/model/batch.ts'
import { growTable, Reject } from '../../src/model/result.ts'
import { type Decoded, DecodePool, type Trouble } from '../../src/pool/pool.ts'
import { Slot, SlotRing } from '../../src/pool/slot.ts'
import { bundleWorker } from './bundle.ts'
import { lineDecode } from './line-decode.ts'

let filename: string
let pool: DecodePool
let troubles: Trouble[] = []

beforeAll(async () => {
  filename = await bundleWorker('test/pool/worker.ts')
})
afterEach(() => pool.close())

async function open(workers: number, patience = 10_000): Promise<void> {
  troubles = []
  pool = new DecodePool({
    inline: () => lineDecode,
    filename,
    workerData: null,
    heap: 32,
    patience,
    onTrouble: (trouble) => troubles.push(trouble),
  })
  await pool.resize(workers)
}

function fill(slot: Slot, text: string): Slot {
  slot.batch.bytes.set(Buffer.from(text))
  slot.batch.length = text.length
  addMark(slot.batch, 0, 0, 0, MarkKind.Clock)
  return slot
}

const output = (decoded: readonly Decoded[]): string =>
  decoded.map(({ result }) => Buffer.from(result.out.subarray(0, result.outLength))).join('')

const rejected = (decoded: readonly Decoded[]): string[] =>
  decoded.flatMap(({ batch, result }) =>
    Array.from({ length: result.rejects.count }, (_, row) => {
      expect(result.rejects.reason[row]).toBe(Reject.Poison)
      const { start, end } = result.rejects
      return Buffer.from(batch.bytes.slice(start[row], end[row])).toString()
    }),
  )

describe.each([0, 1, 2])('with %i workers', (workers) => {
  test('a batch gives its own slot, filled', async () => {
    await open(workers)
    const slot = fill(Slot.create(), 'one\ntwo\n')
    const decoded = await pool.decode(slot)
    expect(decoded).toEqual([slot])
    expect(output(decoded)).toBe('one\ntwo\n')
    expect(slot.result.counts).toMatchObject({ lines: 2, records: 2, bytes: 8 })
    expect(slot.result.keySets).toEqual(['', 'exec'])
    expect(slot.result.orderCount).toBe(2)
  })

  test('columns that outgrow their memory arrive, and the slot is as before when cleared', async () => {
    await open(workers)
    const slot = Slot.create()
    for (let round = 0; round < 3; round++) {
      const many = 'x\n'.repeat(50_000)
      const [first] = await pool.decode(fill(slot, `spill${'y'.repeat(9000)}\n${many}`))
      expect(first.result.lines.count).toBe(50_001)
      expect(first.result.lines.start[50_000]).toBe(9006 + 2 * 49_999)
      expect(first.result.order[50_000]).toBe(50_000)
      expect(first.result.outLength).toBe(1000 * 9006 + many.length)
      expect(slot.spilled).toBe(true)
      slot.clear()
      expect(slot.result.out.buffer).toBe(slot.memory)
      expect(slot.result.lines.start.buffer).toBe(slot.memory)
      expect(slot.result.lines.count).toBe(0)
    }
  })
})

describe.each(['throw', 'exit', 'memory', 'loop'])('a record that makes a worker %s', (deed) => {
  test('becomes a reject, and every other record of its batch and of others comes through', async () => {
    await open(2, 1500)
    const good = Array.from({ length: 20 }, (_, n) => `line ${n}\n`)
    const batch = [...good.slice(0, 7), `bad !${deed}\n`, ...good.slice(7)].join('')
    const slots = [batch, 'before\n', 'after\n'].map((text) => fill(Slot.create(), text))
    const [cut, ...others] = await Promise.all(slots.map((slot) => pool.decode(slot)))
    expect(output(cut)).toBe(good.join(''))
    expect(rejected(cut)).toEqual([`bad !${deed}`])
    expect(others.map(output)).toEqual(['before\n', 'after\n'])
    expect(cut.reduce((sum, { result }) => sum + result.counts.lines, 0)).toBe(21)
    expect(troubles.filter(({ kind }) => kind === 'poison')).toHaveLength(1)
    expect(pool.workers).toBe(2)
  })
})

test('an exception in this thread costs the record that throws it, and no more', async () => {
  pool = new DecodePool({
    inline: () => (batch, result) => {
      if (batch.bytes.subarray(0, batch.length).includes(0x21)) throw new Error('thrown')
      lineDecode(batch, result)
    },
    filename,
    workerData: null,
  })
  const decoded = await pool.decode(fill(Slot.create(), 'a\n!\nb\nc'))
  expect(output(decoded)).toBe('a\nb\nc\n')
  expect(rejected(decoded)).toEqual(['!'])
})

test('pieces of a batch keep the places and the flags of its ends', async () => {
  await open(0)
  pool = new DecodePool({
    inline: () => (batch, result) => {
      if (batch.bytes.subarray(0, batch.length).includes(0x21)) throw new Error('thrown')
      lineDecode(batch, result)
    },
    filename,
    workerData: null,
  })
  const { batch } = fill(Slot.create(), 'aaaa\n!\nbbbb\n')
  addMark(batch, 5, 10, 1000, MarkKind.Clock)
  addMark(batch, 12, 20, 1007, MarkKind.Clock)
  Object.assign(batch, { final: true, continued: true, torn: true, epoch: 4, boot: 'b' })
  const slot = new Slot(batch)
  const pieces = await pool.decode(slot)
  expect(pieces.map((piece) => placeAt(piece.batch, 0))).toEqual([0, 1000, 1002])
  expect(pieces.map((piece) => piece.batch.marks[1])).toEqual([0, 10, 10])
  expect(pieces.map((piece) => piece.batch.markCount)).toEqual([1, 1, 2])
  expect(pieces.map((piece) => piece.batch.final)).toEqual([false, false, true])
  expect(pieces.map((piece) => piece.batch.torn)).toEqual([false, false, true])
  expect(pieces.map((piece) => piece.batch.continued)).toEqual([true, false, false])
  expect(pieces.every((piece) => piece.batch.epoch === 4 && piece.batch.boot === 'b')).toBe(true)
})

test('workers come and go while batches are decoded, and every batch is decoded once', async () => {
  await open(0)
  const ring = new SlotRing(6)
  const seen: string[] = []
  const under: Promise<void>[] = []
  for (let n = 0; n < 200; n++) {
    if (n % 20 === 10) under.push(pool.resize((n / 10) % 3))
    while (ring.free === 0) await ring.released()
    const slot = fill(ring.take(), `batch ${n}\n`)
    under.push(
      pool.decode(slot).then((decoded) => {
        seen.push(output(decoded))
        ring.release(slot)
      }),
    )
  }
  await Promise.all(under)
  expect(seen.toSorted()).toEqual(Array.from({ length: 200 }, (_, n) => `batch ${n}\n`).toSorted())
})

test('a slot whose texts outgrew its memory after decoding is as before when cleared', async () => {
  await open(1)
  const slot = fill(Slot.create(), 'one\n')
  await pool.decode(slot)
  // As analysis does, which finds who made an event when it comes to it.
  growTable(slot.result.texts)
  slot.clear()
  expect(slot.result.texts.hash.buffer).toBe(slot.memory)
  expect(slot.spilled).toBe(false)
})

test('resident memory stays flat over many batches whose columns spill', async () => {
  await open(1)
  const slot = Slot.create()
  const text = `spill${'y'.repeat(9000)}\n${'x\n'.repeat(50_000)}`
  const round = async (): Promise<void> => {
    await pool.decode(fill(slot, text))
    slot.clear()
  }
  for (let n = 0; n < 20; n++) await round()
  const before = process.memoryUsage.rss()
  for (let n = 0; n < 40; n++) await round()
  expect(process.memoryUsage.rss() - before).toBeLessThan(48 << 20)
})

test('a ring hands out no more slots than it has, and the same ones again', () => {
  const ring = new SlotRing(2)
  const first = ring.take()
  const second = ring.take()
  expect(ring.free).toBe(0)
  expect(() => ring.take()).toThrow('no free slot')
  expect(ring.of(second.batch)).toBe(second)
  ring.release(first)
  expect(ring.take()).toBe(first)
  ring.release(second)
  expect(() => ring.of(second.batch)).toThrow('not a batch')
})

test('closing a pool convicts nothing that is under way', async () => {
  await open(1)
  const slots = ['!loop\nfirst\n', 'second\n'].map((text) => fill(Slot.create(), text))
  const decoded = Promise.allSettled(slots.map((slot) => pool.decode(slot)))
  await pool.close()
  expect((await decoded).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(troubles).toEqual([])
})
