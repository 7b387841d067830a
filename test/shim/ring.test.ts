import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Gap, Instant } from '../../src/shim/ring.ts'
import { BLOCK_PAYLOAD, countLineFeeds, Ring } from '../../src/shim/ring.ts'
import { FRAME_HEADER } from '../../src/spool/format.ts'

interface Taken {
  readonly payload: Buffer
  readonly lineFeeds: number
  readonly ns: number
}

/** Takes what there is, as copies, and gives the blocks back. */
function takeFrom(ring: Ring, partly: boolean): (Gap | Taken)[] {
  const taken = ring.take(partly)
  if (taken === null) return []
  if (!Array.isArray(taken)) return [taken]
  return taken.map((block) => {
    const { memory, length, lineFeeds, monotonicNs: ns } = block
    const payload = Buffer.from(memory.subarray(FRAME_HEADER, FRAME_HEADER + length))
    ring.give(block)
    return { payload, lineFeeds, ns }
  })
}

/** A clock that tells how often it was asked. */
function counter(): () => Instant {
  let ns = 0
  return () => ({ ns: ++ns, ms: ns / 1e6 })
}

/** Reads as input does: into the room that was given when the last read was over. */
class Source {
  readonly ring: Ring
  #room: Uint8Array

  constructor(ring: Ring) {
    this.ring = ring
    this.#room = ring.room(64 * 1024)
  }

  /** Reads some of these bytes; returns how many, and how many of those were dropped. */
  read(bytes: Buffer): { size: number; dropped: number } {
    const size = Math.min(bytes.length, this.#room.length)
    this.#room.set(bytes.subarray(0, size))
    const dropped = this.ring.push(this.#room, size)
    this.#room = this.ring.room(64 * 1024)
    return { size, dropped }
  }

  /** Pushes bytes that lie elsewhere; returns how many were dropped. */
  copy(bytes: Buffer, size: number): number {
    const dropped = this.ring.push(bytes, size)
    this.#room = this.ring.room(64 * 1024)
    return dropped
  }
}

test('what is pushed comes out in order, in blocks of at most their size', () => {
  const ring = new Ring(8 * BLOCK_PAYLOAD)
  const bytes = Buffer.alloc(3 * BLOCK_PAYLOAD + 1000, 'line\n')
  expect(ring.push(bytes, bytes.length)).toBe(0)
  const out = takeFrom(ring, true).flatMap((entry) => ('payload' in entry ? [entry.payload] : []))
  expect(out.map((block) => block.length)).toEqual([
    BLOCK_PAYLOAD,
    BLOCK_PAYLOAD,
    BLOCK_PAYLOAD,
    1000,
  ])
  expect(Buffer.concat(out).equals(bytes)).toBe(true)
})

test('a block that is being filled is given only when asked for', () => {
  const ring = new Ring(undefined, () => ({ ns: 7, ms: 8 }))
  ring.push(Buffer.from('x'), 1)
  expect([ring.waitingSince, ring.isDue, ring.take(false)]).toEqual([7, false, null])
  expect(ring.take(true)).toMatchObject([{ kind: 'block', length: 1, monotonicNs: 7 }])
  expect([ring.waitingSince, ring.take(true)]).toEqual([null, null])
})

test('what is read into its room is not copied', () => {
  const ring = new Ring()
  const room = ring.room(1000)
  room.set(Buffer.from('one'))
  ring.push(room, 3)
  const next = ring.room(1000)
  expect([room.length, next.byteOffset]).toEqual([1000, room.byteOffset + 3])
  next.set(Buffer.from('two'))
  ring.push(next, 3)
  const blocks = ring.take(true)
  expect(blocks).toMatchObject([{ length: 6 }])
  expect(Array.isArray(blocks) && blocks[0].memory.buffer === room.buffer).toBe(true)
})

test('any reads and takes lose nothing that is not counted in a gap at its place', () => {
  const step = fc.oneof(
    fc.record({
      read: fc.integer({ min: 1, max: 80_000 }),
      times: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({ push: fc.integer({ min: 1, max: 3 * BLOCK_PAYLOAD }) }),
    fc.constantFrom('take' as const, 'take all' as const),
  )
  const sent = Buffer.alloc(40 << 20)
  for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const ring = new Ring(4 * BLOCK_PAYLOAD, counter())
      const source = new Source(ring)
      const entries: (Gap | Taken)[] = []
      let [pushed, dropped] = [0, 0]
      for (const what of steps) {
        if (what === 'take' || what === 'take all') {
          entries.push(...takeFrom(ring, what === 'take all'))
        } else if ('push' in what) {
          dropped += source.copy(sent.subarray(pushed), what.push)
          pushed += what.push
        } else {
          for (let i = 0; i < what.times; i++) {
            const read = source.read(sent.subarray(pushed, pushed + what.read))
            dropped += read.dropped
            pushed += read.size
          }
        }
      }
      for (let more = takeFrom(ring, true); more.length > 0; more = takeFrom(ring, true)) {
        entries.push(...more)
      }
      let [place, told, ns] = [0, 0, 0]
      for (const entry of entries) {
        const size = 'payload' in entry ? entry.payload.length : entry.bytes
        expect(entry.lineFeeds).toBe(countLineFeeds(sent, place, place + size))
        if ('payload' in entry) {
          expect(entry.payload.equals(sent.subarray(place, place + size))).toBe(true)
          expect(entry.ns).toBeGreaterThan(ns)
          ns = entry.ns
        } else {
          told += size
        }
        place += size
      }
      expect([place, told]).toEqual([pushed, dropped])
    }),
    { numRuns: 60 },
  )
})

test('input that stops when the ring says it is full loses nothing, whatever was taken meanwhile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('read', 'take', 'take all'), { maxLength: 60 }),
      (steps) => {
        const ring = new Ring(4 * BLOCK_PAYLOAD)
        const source = new Source(ring)
        const bytes = Buffer.alloc(64 * 1024)
        for (const what of steps) {
          if (what !== 'read') takeFrom(ring, what === 'take all')
          else if (!ring.isFull) expect(source.read(bytes).dropped).toBe(0)
        }
      },
    ),
  )
})

test('line feeds are counted wherever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(20), (bytes, from) => {
      const view = Buffer.concat([Buffer.alloc(from, 10), bytes, Buffer.alloc(3, 10)])
      const count = bytes.filter((byte) => byte === 10).length
      expect(countLineFeeds(view, from, from + bytes.length)).toBe(count)
    }),
  )
})
