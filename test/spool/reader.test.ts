import { readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { placeOf } from '../../src/model/place.ts'
import { Collector, FakeWriter, GONE, makeDirectory, OTHER_BOOT } from './fixture.ts'

let spool: string
let remove: () => void
beforeEach(() => {
  ;({ path: spool, remove } = makeDirectory())
})
afterEach(() => remove())

/** Three frames in one segment and one in the next. */
function three(): FakeWriter {
  const writer = new FakeWriter(spool, 1)
  for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n']) writer.data(text)
  writer.rotate()
  writer.data('dddd\n')
  return writer
}

function failure(text: string): unknown {
  return expect.objectContaining({ code: 5, message: expect.stringMatching(text) })
}

describe('in order', () => {
  test('all payload comes out in order, over segments, each byte at its place', () => {
    const writer = new FakeWriter(spool, 1)
    const a = writer.data('one\n')
    writer.tick()
    writer.rotate()
    const b = writer.data('two\nthr')
    const collector = new Collector(spool)
    expect(collector.drain()).toMatchObject([
      { kind: 'data', text: 'one\n', epoch: 1, place: placeOf(0, a + 32), clock: 1001 },
      { kind: 'tick', epoch: 1, clock: 1002 },
      { kind: 'data', text: 'two\nthr', place: placeOf(1, b + 32), boot: writer.header.boot },
    ])
    writer.data('ee\n')
    collector.drain()
    expect(collector.text).toBe('one\n<tick>two\nthree\n')
    expect(collector.notices).toEqual([])
  })

  test('places and clocks never fall within an epoch', () => {
    const writer = new FakeWriter(spool, 1)
    for (let i = 0; i < 30; i++) {
      writer.data('x'.repeat(i + 1))
      if (i % 3 === 0) writer.tick()
      if (i % 7 === 0) writer.rotate()
    }
    const pieces = new Collector(spool).drain()
    for (let i = 1; i < pieces.length; i++) {
      expect(pieces[i].place).toBeGreaterThan(pieces[i - 1].place)
    }
    const clocks = pieces.flatMap((piece) => ('clock' in piece ? [piece.clock ?? 0] : []))
    expect(clocks).toEqual(clocks.toSorted((x, y) => x - y))
  })

  test('any payloads, written in any segments, are read as one stream', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 2000 }) },
      fc.constantFrom('tick' as const, 'rotate' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { path, remove: drop } = makeDirectory()
        const writer = new FakeWriter(path, 1)
        const expected: Buffer[] = []
        for (const what of steps) {
          if (what === 'tick') writer.tick()
          else if (what === 'rotate') writer.rotate()
          else {
            writer.data(Buffer.from(what))
            expected.push(Buffer.from(what))
          }
        }
        const collector = new Collector(path)
        const texts = collector.drain().flatMap((piece) => ('text' in piece ? [piece.text] : []))
        expect(texts.join('')).toBe(Buffer.concat(expected).toString('latin1'))
        collector.reader.close()
        drop()
      }),
      { numRuns: 60 },
    )
  })

  test('a frame of the largest size is read, and several that fill the window over and over', () => {
    const writer = new FakeWriter(spool, 1)
    const sizes = [1 << 20, 5, (1 << 20) - 1, 700_000, 700_000, 1, 1 << 20]
    for (const [i, size] of sizes.entries()) writer.data(Buffer.alloc(size, 65 + i))
    const pieces = new Collector(spool).drain()
    const seen = pieces.map((piece) =>
      'text' in piece ? [piece.text.length, piece.text.at(-1)] : [],
    )
    expect(seen).toEqual(sizes.map((size, i) => [size, String.fromCharCode(65 + i)]))
  })

  test('an empty directory has nothing yet', () => {
    const collector = new Collector(spool)
    expect(collector.drain()).toEqual([])
    new FakeWriter(spool, 1).data('x')
    collector.drain()
    expect(collector.text).toBe('x')
  })
})

describe('from a position', () => {
  test('reading starts at every place there is, and gives exactly the rest', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('first line\nsec')
    writer.tick()
    writer.data('ond\n')
    writer.rotate()
    writer.data('third\n')
    const whole = new Collector(spool).drain()
    for (const [i, piece] of whole.entries()) {
      if (piece.kind !== 'data') continue
      const rest = whole.slice(i + 1).map((later) => ('text' in later ? later.text : '<tick>'))
      for (let byte = 0; byte <= piece.text.length; byte++) {
        const from = { epoch: 1, place: piece.place + byte }
        const collector = new Collector(spool, { from })
        const first = collector.drain()[0]
        expect(collector.text).toBe(piece.text.slice(byte) + rest.join(''))
        if (byte < piece.text.length) {
          expect(first).toMatchObject({ place: from.place, clock: piece.clock })
        }
        collector.reader.close()
      }
    }
  })

  test('a tick or gap is not read again from its own place, but from where its frame starts', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    const tick = writer.tick()
    writer.data('b')
    const gap = writer.gap({ firstNs: 1, lastNs: 2, firstMs: 1, lastMs: 2, bytes: 5, lineFeeds: 1 })
    writer.data('c')
    const from = (byte: number) => {
      const collector = new Collector(spool, { from: { epoch: 1, place: placeOf(0, byte) } })
      collector.drain()
      return collector.text
    }
    expect(from(tick)).toBe('<tick>b<gap>c')
    expect(from(tick + 32)).toBe('b<gap>c')
    expect(from(gap)).toBe('<gap>c')
    expect(from(gap + 32)).toBe('c')
  })

  test('position, between any two pieces, is where another reader goes on', () => {
    const writer = new FakeWriter(spool, 1, GONE)
    for (const text of ['a', 'b', 'c']) {
      writer.data(text)
      writer.rotate()
    }
    new FakeWriter(spool, 2).data('d')
    const collector = new Collector(spool)
    let rest = 'abcd'
    for (let piece = collector.reader.next(); piece; piece = collector.reader.next()) {
      if (piece.kind !== 'data') continue
      rest = rest.slice(1)
      const other = new Collector(spool, { from: collector.reader.position })
      other.drain()
      expect(other.text.replaceAll(/<.*?>/g, '')).toBe(rest)
      other.reader.close()
    }
    expect(rest).toBe('')
  })

  test('where another spool stands in its place, all of that is read, and said', () => {
    const writer = new FakeWriter(spool, 1)
    const at = writer.data('old and new\n')
    const from = { epoch: 1, place: placeOf(0, at + 32 + 7) }
    const collector = new Collector(spool, { from, salt: writer.header.salt ^ 1 })
    collector.drain()
    expect(collector.text).toBe('old and new\n')
    expect(collector.notices).toMatchObject([{ kind: 'skipped', from, bytes: null }])
    const same = new Collector(spool, { from, salt: writer.header.salt })
    same.drain()
    expect(same.text).toBe(' new\n')
    expect(same.reader.saltOf(from)).toBe(writer.header.salt)
  })

  test('where its segment is gone, the oldest one after it is read, and said', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('lost')
    const { path } = writer
    writer.rotate()
    writer.data('kept')
    unlinkSync(path)
    const from = { epoch: 1, place: placeOf(0, 160) }
    const collector = new Collector(spool, { from })
    collector.drain()
    expect(collector.text).toBe('kept')
    expect(collector.notices).toMatchObject([
      { kind: 'skipped', from, to: { place: placeOf(1, 0) } },
    ])
  })

  test('a position of no spool is the oldest byte', () => {
    new FakeWriter(spool, 3).data('all')
    const collector = new Collector(spool, { from: { epoch: 0, place: 0 }, salt: null })
    collector.drain()
    expect(collector.text).toBe('all')
    expect(collector.notices).toEqual([])
  })

  test('a spool that has only older epochs than the position is read whole, and said', () => {
    new FakeWriter(spool, 1).data('new spool')
    const collector = new Collector(spool, { from: { epoch: 7, place: placeOf(3, 200) } })
    collector.drain()
    expect(collector.text).toBe('new spool')
    expect(collector.notices).toMatchObject([{ kind: 'skipped', bytes: null }])
  })

  test('damage before the position is not told again', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    writer.raw(Buffer.from('garbage'))
    const at = writer.data('b')
    writer.rotate()
    writer.data('c')
    const collector = new Collector(spool, { from: { epoch: 1, place: placeOf(0, at) } })
    collector.drain()
    expect(collector.text).toBe('bc')
    expect(collector.notices).toEqual([])
  })
})

describe('at the tail', () => {
  test('a frame is read once it is whole, at whichever byte the writer paused', () => {
    const writer = new FakeWriter(spool, 1)
    const collector = new Collector(spool)
    const frame = writer.frame(1, Buffer.from('slowly\n'))
    for (const byte of frame) {
      collector.drain()
      expect(collector.text).toBe('')
      writer.raw(Buffer.from([byte]))
    }
    collector.drain()
    expect(collector.text).toBe('slowly\n')
    expect(collector.notices).toEqual([])
  })

  test('a frame whose bytes arrive out of order is read once they are right', () => {
    const writer = new FakeWriter(spool, 1)
    const collector = new Collector(spool)
    const frame = writer.frame(1, Buffer.from('late\n'))
    const half = Buffer.from(frame)
    half.fill(0, 20, 34)
    const at = writer.raw(half)
    collector.drain()
    const file = readFileSync(writer.path)
    frame.copy(file, at)
    writeFileSync(writer.path, file)
    collector.drain()
    expect(collector.text).toBe('late\n')
  })

  test('a segment is left only when the next header is whole', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    const collector = new Collector(spool)
    collector.drain()
    writer.rotate()
    writer.data('b')
    const whole = readFileSync(writer.path)
    for (const size of [0, 1, 127]) {
      writeFileSync(writer.path, whole.subarray(0, size))
      collector.drain()
      expect(collector.text).toBe('a')
    }
    writeFileSync(writer.path, whole)
    collector.drain()
    expect(collector.text).toBe('ab')
  })

  test('what a short write left behind the valid length is no part of the stream', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    const valid = writer.length
    const frame = writer.frame(1, Buffer.from('bbbb'))
    writer.raw(frame.subarray(0, 34))
    const collector = new Collector(spool)
    collector.drain()
    writer.rotate(valid)
    writer.data('bbbb')
    collector.drain()
    expect(collector.text).toBe('abbbb')
    expect(collector.notices).toEqual([])
  })

  test('lag is what was not read yet', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('x'.repeat(1000))
    writer.rotate()
    writer.data('y'.repeat(1000))
    const { reader } = new Collector(spool)
    expect(reader.lag).toBe(2 * (128 + 32 + 1000))
    reader.next()
    expect(reader.lag).toBeLessThan(1400)
    expect(reader.lag).toBeGreaterThan(1000)
  })

  test('lag counts from where it is told to begin, and after it was closed from where it was', () => {
    const writer = three()
    const collector = new Collector(spool)
    collector.drain()
    const { reader } = collector
    expect(reader.lag).toBe(0)
    reader.close()
    expect(reader.lag).toBe(0)
    writer.data('e'.repeat(1000))
    const on = new Collector(spool, { from: reader.position })
    expect(on.reader.lag).toBe(32 + 1000)
    on.drain()
    on.reader.close()
    expect(new Collector(spool, { from: on.reader.position }).reader.lag).toBe(0)
  })
})

describe('damage', () => {
  test('any flipped bit costs its own frame at most, is told, and what was passed over is kept', () => {
    const { path, remove: drop } = makeDirectory()
    const writer = new FakeWriter(path, 1)
    for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n']) writer.data(text)
    const good = readFileSync(writer.path)
    const first = writer.path
    writer.rotate()
    writer.data('dddd\n')
    fc.assert(
      fc.property(fc.integer({ min: 128, max: good.length - 1 }), fc.nat(7), (byte, bit) => {
        const bad = Buffer.from(good)
        bad[byte] ^= 1 << bit
        writeFileSync(first, bad)
        const collector = new Collector(path)
        collector.drain()
        const lost = Math.floor((byte - 128) / 37)
        const lines = ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n']
        lines[lost] = '<gap>'
        expect(collector.text).toBe(lines.join(''))
        const [notice] = collector.notices
        expect(collector.notices.length).toBe(1)
        if (notice.kind !== 'corrupt') throw new Error(notice.kind)
        const start = 128 + lost * 37
        expect([notice.from.place, notice.to.place]).toEqual([start, start + 37])
        expect(readFileSync(notice.file ?? '')).toEqual(bad.subarray(start, start + 37))
        const found = bad.subarray(start, start + 37).filter((value) => value === 10).length
        // Of what is damaged up to the end of a segment the next one knows how many there were.
        const lineFeeds = lost === 2 ? 1 : found
        expect(notice).toMatchObject({ bytes: 37, lineFeeds })
        unlinkSync(notice.file ?? '')
        collector.reader.close()
      }),
      { numRuns: 100 },
    )
    drop()
  })

  test('a payload that looks like a frame is not taken for one, even next to damage', () => {
    const writer = new FakeWriter(spool, 1)
    const forged = new FakeWriter(makeDirectory().path, 1, { salt: 1 })
    const fake = forged.frame(1, Buffer.from('forged\n'))
    const at = writer.data(fake)
    writer.data('real\n')
    writer.rotate()
    const file = join(spool, '00000001-00000000.seg')
    const bytes = readFileSync(file)
    bytes[at + 9] ^= 1
    writeFileSync(file, bytes)
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('<gap>real\n')
  })

  test('a segment shorter than its valid length is damage', () => {
    const writer = three()
    const first = join(spool, '00000001-00000000.seg')
    writeFileSync(first, readFileSync(first).subarray(0, 128 + 37 + 20))
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('aaaa\n<gap>dddd\n')
    expect(collector.notices).toMatchObject([{ kind: 'corrupt', bytes: 74, lineFeeds: 2 }])
    expect(writer.sequence).toBe(1)
  })

  test('what a segment lacks up to its end is counted by the next one, beside what was told before', () => {
    const writer = new FakeWriter(spool, 1)
    for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dd\nd\n']) writer.data(text)
    writer.rotate()
    writer.data('eeee\n')
    const first = join(spool, '00000001-00000000.seg')
    const bytes = readFileSync(first)
    bytes[128 + 20] ^= 255
    bytes.fill(0, 128 + 2 * 37 + 5)
    writeFileSync(first, bytes)
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('<gap>bbbb\n<gap>eeee\n')
    expect(collector.notices).toMatchObject([
      { kind: 'corrupt', bytes: 37, lineFeeds: 1 },
      { kind: 'corrupt', bytes: 74, lineFeeds: 3 },
    ])
  })

  test('a segment under a later name is told without counts, and read where it is', () => {
    const writer = three()
    writer.rotate()
    writer.data('eeee\n')
    writer.end()
    const [second, ninth] = [1, 9].map((sequence) => join(spool, `00000001-0000000${sequence}.seg`))
    renameSync(second, ninth)
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('aaaa\nbbbb\ncccc\n<gap>eeee\n<gap>dddd\n')
    expect(collector.notices).toMatchObject([
      { kind: 'skipped', bytes: 5, lineFeeds: 1 },
      { kind: 'skipped', bytes: null, lineFeeds: null },
    ])
  })

  test('a damaged segment header loses no frame', () => {
    const writer = three()
    writer.rotate()
    writer.data('eeee\n')
    const second = join(spool, '00000001-00000001.seg')
    const bytes = readFileSync(second)
    bytes[100] ^= 255
    writeFileSync(second, bytes)
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('aaaa\nbbbb\ncccc\ndddd\neeee\n')
  })

  test('a segment whose salt is damaged is passed over as a whole, and told', () => {
    const writer = three()
    writer.rotate()
    writer.data('eeee\n')
    const second = join(spool, '00000001-00000001.seg')
    const bytes = readFileSync(second)
    bytes[20] ^= 255
    writeFileSync(second, bytes)
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('aaaa\nbbbb\ncccc\n<gap>eeee\n')
    expect(collector.notices).toMatchObject([{ kind: 'corrupt', bytes: 37, lineFeeds: 1 }])
  })

  test('damage in the segment being written is passed once a good frame has stood behind it', async () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    writer.raw(Buffer.from('rubbish\n'))
    writer.data('b')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('a')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    collector.drain()
    expect(collector.text).toBe('a<gap>b')
    expect(collector.notices).toMatchObject([{ kind: 'corrupt', bytes: 8, lineFeeds: 1 }])
  })
})

describe('what cannot be read', () => {
  test('an unknown version stops the reader, and is never skipped', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    writer.rotate()
    writer.data('b')
    const bytes = readFileSync(writer.path)
    bytes[8] = 3
    writeFileSync(writer.path, bytes)
    const collector = new Collector(spool)
    for (let again = 0; again < 3; again++) {
      expect(() => collector.drain()).toThrow(
        expect.objectContaining({
          code: 5,
          message: expect.stringContaining('unknown spool version'),
        }),
      )
    }
    expect(collector.text).toBe('a')
  })

  test('a foreign file, a link or a directory under a segment name is named in one line', () => {
    const path = join(spool, '00000001-00000000.seg')
    writeFileSync(path, 'x'.repeat(500))
    expect(() => new Collector(spool).drain()).toThrow(failure('is no spool segment'))
    unlinkSync(path)
    symlinkSync('/etc/passwd', path)
    expect(() => new Collector(spool).drain()).toThrow(
      failure('cannot read .*too many symbolic links'),
    )
    unlinkSync(path)
    symlinkSync('.', path)
    expect(() => new Collector(spool).drain()).toThrow(
      failure('cannot read .*too many symbolic links'),
    )
  })

  test('a directory that is missing or no directory is named in one line', () => {
    const file = join(spool, 'file')
    writeFileSync(file, '')
    expect(() => new Collector(join(spool, 'none'))).toThrow(/does not exist; install the shim/)
    expect(() => new Collector(file)).toThrow(/cannot read the spool .*: not a directory/)
  })

  test('other files in the directory are left alone', () => {
    writeFileSync(join(spool, 'lost+found'), 'x')
    new FakeWriter(spool, 1).data('a')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('a')
  })
})

describe('deleted segments', () => {
  test('what was deleted unread within an epoch is told exactly', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('read\n')
    const collector = new Collector(spool)
    collector.drain()
    const doomed = [writer.path]
    for (const text of ['lost one\nand\n', 'lost two\n']) {
      writer.rotate()
      writer.data(text)
      doomed.push(writer.path)
    }
    writer.rotate()
    writer.data('kept\n')
    for (const path of doomed) unlinkSync(path)
    collector.drain()
    expect(collector.text).toBe('read\n<gap>kept\n')
    expect(collector.notices).toMatchObject([{ kind: 'skipped', bytes: 22, lineFeeds: 3 }])
  })

  test('one that was deleted behind the one that is read is told while its writer lives', async () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('read\n')
    const collector = new Collector(spool)
    collector.drain()
    writer.rotate()
    writer.data('lost\n')
    unlinkSync(writer.path)
    writer.rotate()
    writer.data('kept\n')
    await vi.waitFor(() => {
      collector.drain()
      expect(collector.text).toBe('read\n<gap>kept\n')
    }, 10_000)
    expect(collector.notices).toMatchObject([{ kind: 'skipped', bytes: 5, lineFeeds: 1 }])
  })

  test('what is still open is read to its end although it was deleted', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    writer.data('b')
    const collector = new Collector(spool)
    expect(collector.reader.next()).toMatchObject({ kind: 'data' })
    unlinkSync(writer.path)
    writer.rotate()
    writer.data('c')
    collector.drain()
    expect(collector.text).toBe('bc')
    expect(collector.notices).toEqual([])
  })

  test('a spool whose first segments are gone says how much is missing', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('gone\n')
    unlinkSync(writer.path)
    writer.rotate()
    writer.data('kept\n')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.notices).toMatchObject([{ kind: 'skipped', bytes: 5, lineFeeds: 1 }])
  })
})

describe('writers', () => {
  test('an epoch ends with the next one there, and closes only on another boot', () => {
    const one = new FakeWriter(spool, 1)
    one.data('a')
    one.end()
    const collector = new Collector(spool)
    collector.drain()
    expect([collector.text, collector.reader.isOver]).toEqual(['a', true])
    const two = new FakeWriter(spool, 2)
    two.data('b')
    two.end()
    collector.drain()
    expect(collector.text).toBe('a<end>b')
    new FakeWriter(spool, 5, OTHER_BOOT).data('c')
    collector.drain()
    expect(collector.text).toBe('a<end>b<end close>c')
    expect(collector.reader.position?.epoch).toBe(5)
  })

  test('an epoch the service has closed ends at once, and is not ended again', () => {
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    writer.end()
    const collector = new Collector(spool)
    collector.drain()
    collector.reader.closeEpoch(1)
    collector.drain()
    collector.drain()
    expect(collector.text).toBe('a<end close>')
    new FakeWriter(spool, 2).data('b')
    collector.drain()
    expect(collector.text).toBe('a<end close>b')
    const again = new Collector(spool, { closed: 1 })
    again.drain()
    expect(again.text).toBe('a<end close>b')
  })

  test('a live writer is read to its end before a newer one', () => {
    const old = new FakeWriter(spool, 1)
    old.data('a')
    const young = new FakeWriter(spool, 2)
    young.data('c')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('a')
    old.data('b')
    old.end()
    collector.drain()
    expect(collector.text).toBe('ab<end>c')
  })

  test.each([
    ['its process is gone', GONE],
    ['the machine was booted again', OTHER_BOOT],
  ])('an epoch without an end is over when %s, and its torn frame is told', (_why, fields) => {
    const dead = new FakeWriter(spool, 1, fields)
    dead.data('whole\n')
    const { length } = dead
    dead.raw(dead.frame(1, Buffer.from('torn\n')).subarray(0, 35))
    new FakeWriter(spool, 2).data('next\n')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text.replace(' close', '')).toBe('whole\n<end>next\n')
    expect(collector.notices).toEqual([
      { kind: 'died', at: { epoch: 1, place: placeOf(0, length) }, torn: 35 },
    ])
  })

  test('what lies behind a segment whose header a power cut lost is read, and told', () => {
    const dead = new FakeWriter(spool, 1, OTHER_BOOT)
    dead.data('a\n')
    dead.rotate()
    dead.data('lost\n')
    writeFileSync(dead.path, Buffer.alloc(500))
    dead.rotate()
    dead.data('c\n')
    new FakeWriter(spool, 2).data('d\n')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('a\n<gap>c\n<end close>d\n')
    expect(collector.notices).toMatchObject([
      { kind: 'skipped', bytes: 5, lineFeeds: 1 },
      { kind: 'died', torn: 0 },
    ])
  })

  test('a live writer of another pid namespace is not taken for gone', () => {
    const far = new FakeWriter(spool, 1, { pidNamespace: 1, pid: 4_000_000 })
    far.data('a')
    new FakeWriter(spool, 2).data('c')
    const collector = new Collector(spool)
    collector.drain()
    far.data('b')
    far.end()
    collector.drain()
    expect(collector.text).toBe('ab<end>c')
  })

  test('a writer that was just born is waited for, even behind a newer one', () => {
    const one = new FakeWriter(spool, 1)
    one.end()
    const two = new FakeWriter(spool, 2)
    two.data('b')
    const whole = readFileSync(two.path)
    writeFileSync(two.path, '')
    new FakeWriter(spool, 3).data('c')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('')
    writeFileSync(two.path, whole)
    collector.drain()
    two.end()
    collector.drain()
    expect(collector.text).toBe('<end>b<end>c')
  })

  test('dropped bytes are a gap in the stream and a notice with its times', () => {
    const gap = { firstNs: 5, lastNs: 9, firstMs: 50, lastMs: 90, bytes: 1234, lineFeeds: 7 }
    const writer = new FakeWriter(spool, 1)
    writer.data('a')
    const at = writer.gap(gap)
    writer.data('b')
    const collector = new Collector(spool)
    collector.drain()
    expect(collector.text).toBe('a<gap>b')
    const place = placeOf(0, at + 32)
    expect(collector.notices).toEqual([{ kind: 'dropped', at: { epoch: 1, place }, gap }])
  })
})

describe('waiting', () => {
  test('wait returns soon after something was written, active or idle', async () => {
    const writer = new FakeWriter(spool, 1)
    const collector = new Collector(spool)
    for (const quiet of [0, 1300]) {
      collector.drain()
      const before = collector.text
      const written = setTimeout(() => writer.data('x'), quiet + 50)
      const deadline = Date.now() + 5000
      while (collector.text === before && Date.now() < deadline) {
        await collector.reader.wait()
        collector.drain()
      }
      clearTimeout(written)
      expect(collector.text).toBe(`${before}x`)
    }
    collector.reader.close()
  })

  test('an idle reader looks at most five times a second', async () => {
    new FakeWriter(spool, 1).data('a')
    const collector = new Collector(spool)
    collector.drain()
    const start = performance.now()
    while (performance.now() - start < 1500) {
      await collector.reader.wait()
      collector.drain()
    }
    let looks = 0
    while (performance.now() - start < 4500) {
      await collector.reader.wait()
      collector.drain()
      looks++
    }
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThanOrEqual(15)
    collector.reader.close()
  })

  test('wait returns when it is aborted, and at once when it was before', async () => {
    new FakeWriter(spool, 1).data('a')
    const { reader } = new Collector(spool)
    const controller = new AbortController()
    const waits = (async () => {
      while (!controller.signal.aborted) await reader.wait(controller.signal)
    })()
    controller.abort()
    await waits
    await reader.wait(controller.signal)
    reader.close()
  })

  test('a spool that is moved away is a failure, not an endless wait', () => {
    const { path, remove: drop } = makeDirectory()
    const collector = new Collector(path)
    collector.drain()
    renameSync(path, `${path}-moved`)
    expect(() => collector.drain()).toThrow(/cannot read the spool/)
    renameSync(`${path}-moved`, path)
    drop()
  })
})
