import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FrameHeader, GapRecord, SegmentHeader } from '../../src/spool/format.ts'
import {
  compareSegments,
  decodeGap,
  decodeSegmentHeader,
  encodeGap,
  encodeSegmentHeader,
  FRAME_HEADER,
  formatReleased,
  isProven,
  MAX_PAYLOAD,
  parseReleased,
  parseSegmentName,
  processStart,
  RELEASED_BYTES,
  readFrameHeader,
  SEGMENT_HEADER,
  sealFrame,
  segmentName,
} from '../../src/spool/format.ts'

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const u53 = fc.maxSafeNat()
const digits8 = fc.integer({ min: 0, max: 99_999_999 })
const segmentHeader: fc.Arbitrary<SegmentHeader> = fc.record({
  epoch: u32,
  sequence: u32,
  salt: u32,
  boot: fc.uuid(),
  pid: u32,
  pidNamespace: u32,
  started: u53,
  realtimeMs: u53,
  monotonicNs: u53,
  bytes: u53,
  lineFeeds: u53,
  previousLength: u53,
})
const frameHeader: fc.Arbitrary<Omit<FrameHeader, 'length'>> = fc.record({
  type: fc.constantFrom(1, 2, 3, 4),
  lineFeeds: u32,
  monotonicNs: u53,
  realtimeMs: u53,
})

function emptyHeader(): FrameHeader {
  return { type: 1, length: 0, lineFeeds: 0, monotonicNs: 0, realtimeMs: 0 }
}

test('a segment header is read back as it was written', () => {
  fc.assert(
    fc.property(segmentHeader, (header) => {
      expect(decodeSegmentHeader(encodeSegmentHeader(header))).toEqual(header)
    }),
  )
})

test('a segment header with one flipped bit is never taken for good', () => {
  fc.assert(
    fc.property(segmentHeader, fc.nat(SEGMENT_HEADER * 8 - 1), (header, bit) => {
      const bytes = encodeSegmentHeader(header)
      bytes[bit >> 3] ^= 1 << (bit & 7)
      const fault = bit < 64 ? 'foreign' : bit < 96 ? 'version' : 'damaged'
      expect(decodeSegmentHeader(bytes)).toBe(fault)
    }),
  )
})

test('a segment header that is not whole is short', () => {
  const bytes = encodeSegmentHeader(fc.sample(segmentHeader, 1)[0])
  expect(decodeSegmentHeader(bytes.subarray(0, SEGMENT_HEADER - 1))).toBe('short')
})

test('a frame is read back as it was written, wherever it lies', () => {
  fc.assert(
    fc.property(
      frameHeader,
      u32,
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(50),
      (fields, salt, payload, at) => {
        const header = { ...fields, length: payload.length }
        const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER), payload])
        sealFrame(frame, header, salt)
        const bytes = Buffer.concat([Buffer.alloc(at, 1), frame])
        const found = emptyHeader()
        expect(readFrameHeader(bytes, at, found)).toBe(true)
        expect(found).toEqual(header)
        expect(isProven(bytes, at, payload.length, salt)).toBe(true)
      },
    ),
  )
})

test('a frame with a flipped bit, or under another salt, is not proven', () => {
  fc.assert(
    fc.property(
      frameHeader,
      u32,
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.nat(),
      (fields, salt, payload, n) => {
        const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER), payload])
        sealFrame(frame, { ...fields, length: payload.length }, salt)
        expect(isProven(frame, 0, payload.length, (salt + 1) % 2 ** 32)).toBe(false)
        const bit = n % (frame.length * 8)
        frame[bit >> 3] ^= 1 << (bit & 7)
        const found = emptyHeader()
        const isWhole = readFrameHeader(frame, 0, found) && found.length === payload.length
        expect(isWhole && isProven(frame, 0, found.length, salt)).toBe(false)
      },
    ),
  )
})

test('a frame header that claims more than 1 MiB or an unknown type is none', () => {
  const frame = Buffer.alloc(FRAME_HEADER)
  sealFrame(frame, emptyHeader(), 7)
  const found = emptyHeader()
  frame.writeUInt32LE(1 + (MAX_PAYLOAD + 1) * 256, 4)
  expect(readFrameHeader(frame, 0, found)).toBe(false)
  for (const type of [0, 5, 255]) {
    frame.writeUInt32LE(type, 4)
    expect(readFrameHeader(frame, 0, found)).toBe(false)
  }
})

test('a gap is read back as it was written', () => {
  const gap: fc.Arbitrary<GapRecord> = fc.record({
    firstNs: u53,
    lastNs: u53,
    firstMs: u53,
    lastMs: u53,
    bytes: u53,
    lineFeeds: u53,
  })
  fc.assert(
    fc.property(gap, fc.nat(40), (written, at) => {
      const bytes = Buffer.alloc(100)
      encodeGap(written, bytes, at)
      expect(decodeGap(bytes, at)).toEqual(written)
    }),
  )
})

test('segment names order as their segments do, and stand for them', () => {
  fc.assert(
    fc.property(digits8, digits8, digits8, digits8, (e1, s1, e2, s2) => {
      const [a, b] = [
        { epoch: e1, sequence: s1 },
        { epoch: e2, sequence: s2 },
      ]
      expect(parseSegmentName(segmentName(a))).toEqual(a)
      const byName = segmentName(a) < segmentName(b) ? -1 : segmentName(a) > segmentName(b) ? 1 : 0
      expect(Math.sign(compareSegments(a, b))).toBe(byName)
    }),
  )
})

test.each([
  'state',
  '1-2.seg',
  '00000001-00000002.seg.tmp',
  'x00000001-00000002.seg',
  '00000001-0000000a.seg',
])('%s is no segment name', (name) => {
  expect(parseSegmentName(name)).toBeNull()
})

test('released is read back as it was written, and fits its size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 90_000_000 }), digits8, (epoch, sequence) => {
      const line = formatReleased({ epoch, sequence })
      expect(line.length).toBeLessThanOrEqual(RELEASED_BYTES)
      expect(parseReleased(line)).toEqual({ epoch, sequence })
    }),
  )
})

test('released with another number, CRC or anything more says nothing', () => {
  const line = formatReleased({ epoch: 3, sequence: 17 })
  for (const wrong of [
    line.replace('17', '18'),
    line.replace(/.\n$/, (end) => (end[0] === '0' ? '1\n' : '0\n')),
    `${line}x`,
    ` ${line}`,
    '',
    'released 1 3 17',
  ]) {
    expect(parseReleased(wrong)).toBeNull()
  }
})

test('the start of a process is found behind any command name', () => {
  const stat = '42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 10'
  expect(processStart(stat)).toBe(987_654)
})
