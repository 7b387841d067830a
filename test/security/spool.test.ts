/** What a shim that has been taken over can put into the spool: the service goes on, and tells of it. */

import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { spoolAlert } from '../../src/service/alerts.ts'
import { Segments } from '../../src/shim/segments.ts'
import { describeSelf } from '../../src/shim/self.ts'
import { formatReleased, parseReleased } from '../../src/spool/format.ts'
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
