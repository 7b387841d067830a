import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Block, Gap } from '../../src/shim/ring.ts'
import { BLOCK_PAYLOAD, countLineFeeds, Ring } from '../../src/shim/ring.ts'
import { FRAME_HEADER } from '../../src/spool/format.ts'

function payloadOf(block: Block): Buffer {
  return Buffer.from(block.memory.subarray(FRAME_HEADER, FRAME_HEADER + block.length))
}

function at(ns: number): { ns: number; ms: number } {
  return { ns, ms: ns / 1e6 }
}

test('what is pushed comes out in order, in blocks of at most their size', () => {
  const ring = new Ring(8 * BLOCK_PAYLOAD)
  const bytes = Buffer.alloc(3 * BLOCK_PAYLOAD + 1000, 'line\n')
  expect(ring.push(bytes, at(1))).toBe(0)
  const out: Buffer[] = []
  for (let entry = ring.take(true); entry; entry = ring.take(true)) {
    if (entry.kind === 'block') out.push(payloadOf(entry))
  }
  expect(out.map((block) => block.length)).toEqual([
    BLOCK_PAYLOAD,
    BLOCK_PAYLOAD,
    BLOCK_PAYLOAD,
    1000,
  ])
  expect(Buffer.concat(out).equals(bytes)).toBe(true)
})

test('a block that is being filled is given only when asked for', () => {
  const ring = new Ring()
  ring.push(Buffer.from('x'), at(7))
  expect([ring.isFilling, ring.hasWhole, ring.take(false)]).toEqual([true, false, null])
  expect(ring.take(true)).toMatchObject({ kind: 'block', length: 1, firstNs: 7 })
  expect(ring.isFilling).toBe(false)
})

test('any pushes and takes lose nothing that is not counted in a gap at its place', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 3 * BLOCK_PAYLOAD }) }),
    fc.constant('take' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const ring = new Ring(3 * BLOCK_PAYLOAD)
      const sent = Buffer.alloc(25 * 3 * BLOCK_PAYLOAD)
      for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i)
      let [pushed, dropped] = [0, 0]
      const entries: (Gap | { block: Buffer })[] = []
      const take = (partly: boolean) => {
        const entry = ring.take(partly)
        if (entry?.kind === 'gap') entries.push(entry)
        else if (entry) {
          entries.push({ block: payloadOf(entry) })
          ring.give(entry)
        }
        return entry
      }
      for (const what of steps) {
        if (what === 'take') take(false)
        else {
          dropped += ring.push(sent.subarray(pushed, pushed + what.push), at(pushed + 1))
          pushed += what.push
        }
      }
      while (take(true));
      let place = 0
      let told = 0
      for (const entry of entries) {
        if ('block' in entry) {
          expect(entry.block.equals(sent.subarray(place, place + entry.block.length))).toBe(true)
          place += entry.block.length
        } else {
          expect(entry.lineFeeds).toBe(countLineFeeds(sent.subarray(place, place + entry.bytes)))
          place += entry.bytes
          told += entry.bytes
        }
      }
      expect(place).toBe(pushed)
      expect(told).toBe(dropped)
      expect(ring.bytes).toBe(0)
    }),
    { numRuns: 30 },
  )
})

test('a ring that is full says so before anything is dropped', () => {
  const ring = new Ring(4 * BLOCK_PAYLOAD)
  let pushed = 0
  while (!ring.isFull) {
    expect(ring.push(Buffer.alloc(BLOCK_PAYLOAD), at(1))).toBe(0)
    pushed++
  }
  expect(pushed).toBeGreaterThanOrEqual(3)
})

test('line feeds are counted wherever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(20), (bytes, offset) => {
      const view = Buffer.concat([Buffer.alloc(offset, 10), bytes]).subarray(offset)
      expect(countLineFeeds(view)).toBe(bytes.filter((byte) => byte === 10).length)
    }),
  )
})
