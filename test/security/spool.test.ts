/** What a shim that has been taken over can put into the spool: the service goes on, and tells of it. */

import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { spoolAlert } from '../../src/service/alerts.ts'
import { Segments } from '../../src/shim/segments.ts'
import { describeSelf } from '../../src/shim/self.ts'
import {
  encodeSegmentHeader,
  formatReleased,
  MAX_SEGMENT,
  parseReleased,
  SEGMENT_HEADER,
} from '../../src/spool/format.ts'
import { BLOCK_BYTES, encodeBlockHeader, packHeader } from '../../src/spool/pack-format.ts'
import { Collector, FakeWriter, GONE, makeDirectory } from '../spool/fixture.ts'

let spool: string
let remove: () => void
beforeEach(() => {
  ;({ path: spool, remove } = makeDirectory())
})
afterEach(() => remove())

describe('lengths that lie', () => {
  test.each([2 ** 31, 2 ** 40, 2 ** 52, 2 ** 64 - 2 ** 11])(
    'a valid length of %d for the segment before is not believed',
    (length) => {
      const writer = new FakeWriter(spool, 1)
      writer.data('one\n')
      writer.rotate(length)
      writer.data('two\n')
      const collector = new Collector(spool)
      collector.drain()
      expect(collector.text).toBe('one\ntwo\n')
      collector.reader.close()
    },
  )

  test('a segment that claims 64 GiB is read as far as one can be', () => {
    const writer = new FakeWriter(spool, 1, GONE)
    writer.data('one\n')
    truncateSync(writer.path, 2 ** 36)
    const valid = writer.length
    new FakeWriter(spool, 2).data('two\n')
    const before = process.memoryUsage().rss
    const collector = new Collector(spool)
    for (let look = 0; look < 3; look++) collector.drain()
    expect(collector.text).toMatch(/^one\n.*two\n$/)
    expect(process.memoryUsage().rss - before).toBeLessThan(512 << 20)
    expect(collector.notices).toContainEqual(
      expect.objectContaining({
        kind: 'died',
        at: expect.objectContaining({ epoch: 1 }) as object,
      }),
    )
    expect(valid).toBeLessThan(200)
    collector.reader.close()
  })

  test('a gap at a time that no calendar has is told', () => {
    const writer = new FakeWriter(spool, 1)
    const huge = 2 ** 64 - 2 ** 11
    writer.gap({ firstNs: 1, lastNs: huge, firstMs: huge, lastMs: huge, bytes: 5, lineFeeds: 1 })
    const collector = new Collector(spool)
    collector.drain()
    const [notice] = collector.notices
    expect(spoolAlert(notice, 'web-01', 0)).toMatchObject({
      type: 'spool.dropped',
      ends_at: '+275760-09-13T00:00:00.000Z',
    })
    collector.reader.close()
  })
})

test('a packed segment that lies about its blocks costs neither memory nor time', () => {
  const writer = new FakeWriter(spool, 1)
  const { path } = writer
  const { salt } = writer.header
  writer.rotate()
  writer.data('good\n')
  const block = (from: number, bytes: number, packed: Buffer) => {
    const [packedBytes, lineFeedsBefore] = [packed.length, 0xffff_ffff]
    const crc = crc32(packed, salt)
    const header = { from, bytes, packedBytes, lineFeedsBefore, lineFeeds: 0xffff_ffff, crc }
    return Buffer.concat([encodeBlockHeader(header, salt), packed])
  }
  const bomb = brotliCompressSync(Buffer.alloc(64 << 20))
  const few = Buffer.alloc(4)
  for (const blocks of [
    [block(SEGMENT_HEADER, BLOCK_BYTES, bomb)],
    [block(SEGMENT_HEADER, 0xffff_ffff, few)],
    [block(0xffff_ff00, BLOCK_BYTES, few)],
    [block(SEGMENT_HEADER + BLOCK_BYTES * 100, BLOCK_BYTES, few), block(SEGMENT_HEADER, 4, few)],
    Array.from({ length: 50_000 }, (_, i) => block(SEGMENT_HEADER + i, 1, few.subarray(0, 1))),
  ]) {
    const header = encodeSegmentHeader(writer.header)
    const length = { bytes: 2 ** 50, lineFeeds: 2 ** 50 }
    writeFileSync(path, Buffer.concat([packHeader(header, length), ...blocks]))
    const before = process.memoryUsage().arrayBuffers
    const collector = new Collector(spool)
    collector.drain()
    collector.reader.close()
    expect(collector.text.endsWith('good\n')).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_SEGMENT * 4)
  }
})

test('what is kept of damage is bounded, and an alert says what was not', () => {
  const state = join(spool, 'state')
  const kept = join(state, 'quarantine')
  mkdirSync(kept, { recursive: true })
  writeFileSync(join(kept, 'before.bin'), '')
  truncateSync(join(kept, 'before.bin'), (256 << 20) - 1000)
  const writer = new FakeWriter(spool, 1)
  for (const size of [600, 600]) {
    writer.data('good\n')
    writer.raw(Buffer.alloc(size))
  }
  writer.rotate()
  writer.data('good\n')
  const collector = new Collector(spool, { state })
  collector.drain()
  const files = collector.notices.map((notice) => (notice.kind === 'corrupt' ? notice.file : ''))
  expect(files).toEqual([expect.stringMatching(/quarantine/), null])
  expect(readdirSync(kept).length).toBe(2)
  expect(spoolAlert(collector.notices[1], 'web-01', 0)).toMatchObject({
    text: expect.stringMatching(/they could not be kept/) as string,
  })
  collector.reader.close()
})

describe('a service that has been taken over', () => {
  test('cannot drive the shim to epochs whose files nobody would see', async () => {
    const last = { epoch: 99_999_999, sequence: 0 }
    expect(parseReleased(formatReleased(last))).toBeNull()
    const highest = { epoch: 90_000_000, sequence: 0 }
    expect(parseReleased(formatReleased(highest))).toEqual(highest)
    const segments = new Segments({
      directory: spool,
      self: describeSelf(),
      segmentBytes: () => 1 << 20,
      releasedEpoch: () => Promise.resolve(highest.epoch),
      syncMs: null,
      onGrown: () => {},
      onSyncError: () => {},
    })
    const frame = {
      memory: Buffer.alloc(32),
      type: 2,
      length: 0,
      lineFeeds: 0,
      monotonicNs: 0,
      realtimeMs: 0,
    } as const
    await segments.append([frame])
    await segments.close()
    expect(readdirSync(spool)).toEqual(['90000001-00000000.seg'])
  })
})
