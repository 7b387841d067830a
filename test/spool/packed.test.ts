import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { byteOf, sequenceOf } from '../../src/model/place.ts'
import { packSegment } from '../../src/shim/pack.ts'
import { SEGMENT_HEADER, segmentName } from '../../src/spool/format.ts'
import { BLOCK_BYTES } from '../../src/spool/pack-format.ts'
import { SegmentSizes, usedBytes } from '../../src/spool/sizes.ts'
import { Collector, FakeWriter, makeDirectory, spooled } from './fixture.ts'

let spool: string
let remove: () => void
beforeEach(() => {
  ;({ path: spool, remove } = makeDirectory())
})
afterEach(() => remove())

/** The segment that is packed. */
const NAME = segmentName({ epoch: 1, sequence: 0 })
const ASIDE = 'packing-00000001.tmp'

function pack(isStopped = () => false): Promise<boolean> {
  return packSegment({ directory: spool, name: NAME, aside: ASIDE, isStopped })
}

/** Frames over three blocks in one segment, and one frame in the next. */
function write(lengths: readonly number[]): Buffer {
  const writer = new FakeWriter(spool, 1)
  for (const [i, length] of lengths.entries()) {
    const line = `type=SYSCALL msg=audit(1795331090.516:${i}): arch=c000003e\n`
    writer.data(line.repeat(Math.ceil(length / line.length)))
  }
  writer.rotate()
  writer.data('next\n')
  writer.end()
  return readFileSync(join(spool, NAME))
}

/** Lengths of frames that make up about 600 KiB. */
const LENGTHS = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 6, maxLength: 6 })

test('a packed segment gives the same pieces, from any position', async () => {
  await fc.assert(
    fc.asyncProperty(LENGTHS, fc.nat(), async (lengths, start) => {
      const plain = write(lengths)
      const from = { epoch: 1, place: SEGMENT_HEADER + (start % (plain.length - SEGMENT_HEADER)) }
      const read = () => [told(new Collector(spool)), told(new Collector(spool, { from }))]
      const before = read()
      expect(await pack()).toBe(true)
      expect(statSync(join(spool, NAME)).size).toBeLessThan(plain.length / 5)
      expect(read()).toEqual(before)
      expect(spooled(spool).notices).toEqual([])
    }),
    { numRuns: 15 },
  )
})

test('a flipped bit costs the frames of one block, told as exactly as in a plain segment', async () => {
  const plain = write([90_000, 100_000, 150_000, 10_000, 200_000, 120_000])
  const { pieces } = whole()
  await pack()
  const packed = readFileSync(join(spool, NAME))
  fc.assert(
    fc.property(
      fc.integer({ min: SEGMENT_HEADER, max: packed.length - 1 }),
      fc.nat(7),
      (byte, bit) => {
        const bad = Buffer.from(packed)
        bad[byte] ^= 1 << bit
        writeFileSync(join(spool, NAME), bad)
        const { pieces: left, hole } = whole()
        expect(hole.bytes).toBe(hole.to - hole.from)
        expect(hole.bytes).toBeLessThan(3 * BLOCK_BYTES)
        const inBytes = lineFeeds(plain.subarray(hole.from, hole.to))
        const isAtEnd = hole.to === plain.length
        expect(hole.lineFeeds).toBe(isAtEnd ? linesIn(pieces) - linesIn(left) : inBytes)
        const kept = pieces.filter(
          ({ place }) => sequenceOf(place) > 0 || place < hole.from || place >= hole.to,
        )
        expect(left.filter(({ kind }) => kind !== 'gap')).toEqual(kept)
      },
    ),
    { numRuns: 60 },
  )
})

test('a packed segment that ends early is a hole up to its end', async () => {
  const plain = write([90_000, 100_000, 150_000, 10_000, 200_000, 120_000])
  const lines = linesIn(whole().pieces)
  await pack()
  const packed = readFileSync(join(spool, NAME))
  for (const length of [
    SEGMENT_HEADER,
    SEGMENT_HEADER + 20,
    packed.length >> 1,
    packed.length - 1,
  ]) {
    writeFileSync(join(spool, NAME), packed.subarray(0, length))
    const { pieces, hole } = whole()
    expect(hole.to).toBe(plain.length)
    expect(hole.lineFeeds).toBe(lines - linesIn(pieces))
  }
})

test('damage that was there before is the same hole after', async () => {
  const plain = write([90_000, 100_000, 150_000, 10_000, 200_000, 120_000])
  plain[300_000] ^= 4
  writeFileSync(join(spool, NAME), plain)
  const before = whole()
  expect(await pack()).toBe(true)
  expect(whole()).toEqual(before)
})

test('a damaged header loses no frame, and a damaged salt is told as one hole', async () => {
  const plain = write([90_000, 100_000])
  const { text } = spooled(spool)
  await pack()
  const path = join(spool, NAME)
  const packed = readFileSync(path)
  const flip = (byte: number) => {
    const bad = Buffer.from(packed)
    bad[byte] ^= 255
    writeFileSync(path, bad)
  }
  flip(30)
  expect(spooled(spool)).toEqual({ text, notices: [] })
  flip(20)
  expect(whole().hole).toMatchObject({ from: SEGMENT_HEADER, to: plain.length })
})

test('who has the segment open reads on, and who comes later goes on where that was', async () => {
  write([90_000, 100_000, 150_000, 10_000, 200_000, 120_000])
  const { text } = spooled(spool)
  const reader = new Collector(spool)
  const first = reader.reader.next()
  if (first?.kind !== 'data') throw new Error('no data')
  const begun = Buffer.from(first.bytes).toString('latin1')
  const position = reader.reader.position ?? { epoch: 0, place: 0 }
  const salt = reader.reader.saltOf(position)
  await pack()
  reader.drain()
  expect(begun + reader.text).toBe(text)
  const later = new Collector(spool, { from: position, salt })
  later.drain()
  expect(begun + later.text).toBe(text)
  expect(later.notices).toEqual([])
})

test('what does not shrink, is packed, or is to be left is as it was, and nothing lies beside it', async () => {
  const plain = write([90_000, 100_000])
  const path = join(spool, NAME)
  const names = readdirSync(spool)
  expect(await pack(() => true)).toBe(false)
  expect(readFileSync(path).equals(plain)).toBe(true)
  expect(await pack()).toBe(true)
  const packed = readFileSync(path)
  expect(await pack()).toBe(false)
  expect(readFileSync(path).equals(packed)).toBe(true)
  const random = Buffer.concat([plain.subarray(0, SEGMENT_HEADER), randomBytes(300_000)])
  writeFileSync(path, random)
  expect(await pack()).toBe(false)
  expect(readFileSync(path).equals(random)).toBe(true)
  renameSync(path, `${path}.gone`)
  await expect(pack()).rejects.toThrow('ENOENT')
  renameSync(`${path}.gone`, path)
  expect(readdirSync(spool)).toEqual(names)
})

test('what is used counts packed, and what lies before a reader does not', async () => {
  write([200_000, 200_000])
  const { reader } = new Collector(spool)
  const [lag, used] = [reader.lag, usedBytes(spool)]
  expect(lag).toBe(used)
  await pack()
  expect(new Collector(spool).reader.lag).toBe(lag)
  expect(new SegmentSizes(spool).after(null)).toBe(lag)
  expect(usedBytes(spool)).toBeLessThan(used / 5)
})

/** What a reader gives, without the memory that it uses again. */
function told(collector: Collector) {
  const pieces = collector.drain().map((piece) => {
    const { kind, place } = piece
    return { kind, place, text: piece.kind === 'data' ? piece.text : '' }
  })
  collector.reader.close()
  return pieces
}

/** All pieces of the spool, and the hole in its first segment; one of no bytes where there is none. */
function whole() {
  const collector = new Collector(spool)
  const pieces = told(collector)
  const [notice] = collector.notices
  if (collector.notices.length > 1) throw new Error('more than one notice')
  const hole = { from: 0, to: 0, bytes: 0, lineFeeds: 0 }
  if (notice?.kind === 'corrupt') {
    hole.from = byteOf(notice.from.place)
    hole.to = byteOf(notice.to.place)
    hole.bytes = notice.bytes
    hole.lineFeeds = notice.lineFeeds
  }
  return { pieces, hole }
}

function linesIn(pieces: readonly { readonly text: string }[]): number {
  return pieces.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0)
}

function lineFeeds(bytes: Buffer): number {
  return bytes.toString('latin1').split('\n').length - 1
}
