import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Framer } from '../../src/frame/framer.ts'
import { endsWithEoe } from '../../src/frame/lines.ts'
import { MARK_WIDTH, MarkKind } from '../../src/model/batch.ts'
import { MARK_BYTES, MAX_LINE, MAX_MARKS } from '../../src/model/limits.ts'
import type { Piece } from '../../src/model/piece.ts'
import { Pool, storyOf, storyOfPieces } from './reference.ts'

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** Lines as audit streams have them, and as they should not have them. */
const line = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.nat(40), fc.nat(999), fc.nat(1500))
      .map(
        ([s, ms, pad]) =>
          `type=SYSCALL msg=audit(${1_700_000_000 + s}.${`${ms}`.padStart(3, '0')}:${pad}): ${'x'.repeat(pad)}\n`,
      ),
  },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\r\n', 'junk\n', 'audit(1.2:3)\n', '\x00\x01\n') },
  { weight: 1, arbitrary: fc.constantFrom('type=X msg=audit(1900000000.1:1)\r\n', 'audit(\n') },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(-2, -1, 0, 1, 700, MAX_LINE - 1, MAX_LINE, 90_000)
      .map((n) => `${'l'.repeat(MAX_LINE + n)}audit(1800000000.000:1): rest\n`),
  },
)
const text = fc
  .tuple(
    fc.array(line, { minLength: 1, maxLength: 120 }),
    fc.constantFrom('', 'type=EOE msg=audit(1700000050.0'),
  )
  .map(([lines, tail]) => lines.join('') + tail)

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 80_000 })),
  {
    minLength: 1,
    maxLength: 30,
  },
)

function chunks(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] * (out.length > 2000 ? 1000 : 1)
    out.push(bytes.slice(at, at + length))
    at += length
  }
  return out
}

/** Pieces of a stream without frames. */
function plain(bytes: Uint8Array, lengths: readonly number[], start: number): Piece[] {
  let place = start
  return chunks(bytes, lengths).map((part) => {
    const piece: Piece = { kind: 'data', bytes: part, epoch: 0, boot: null, place, clock: null }
    place += part.length
    return piece
  })
}

/** Pieces of a spool: frames with clocks, ticks, gaps and epochs between them. */
function framed(
  bytes: Uint8Array,
  lengths: readonly number[],
  turns: readonly number[],
  split: boolean,
): Piece[] {
  const pieces: Piece[] = []
  let epoch = 1
  let clock = 1000
  let place = 100
  for (const [i, part] of chunks(bytes, lengths).entries()) {
    const turn = turns[i % turns.length]
    const boot = `boot-${epoch}`
    place += 32
    const half = split ? part.length >> 1 : 0
    if (half > 0)
      pieces.push({ kind: 'data', bytes: part.slice(0, half), epoch, boot, place, clock })
    pieces.push({ kind: 'data', bytes: part.slice(half), epoch, boot, place: place + half, clock })
    place += part.length
    clock += turn % 3 === 0 ? 0 : turn
    if (turn % 7 === 0)
      pieces.push({ kind: 'tick', epoch, place: (place += 32), clock: (clock += 2500) })
    if (turn % 41 === 0) pieces.push({ kind: 'gap', epoch, place })
    if (turn % 43 === 0) {
      if (turn % 2 === 0) pieces.push({ kind: 'end', epoch, place, close: turn % 4 === 0 })
      epoch++
    }
  }
  const last = pieces.at(-1)
  if (last && last.kind !== 'end')
    pieces.push({ kind: 'end', epoch: last.epoch, place, close: true })
  return pieces
}

/** Takes a step again until there was a batch for it. */
function insist(step: () => boolean): void {
  for (let tries = 0; !step(); tries++) if (tries > 1000) throw new Error('stuck')
}

/** Pushes all pieces; `whim` says when there is no batch and when the stream falls quiet. */
function frame(pieces: readonly Piece[], batchBytes: number, whim: readonly number[]): Pool {
  let turn = 0
  const next = (): number => whim[turn++ % whim.length]
  const pool = new Pool(() => next() === 1)
  const framer = new Framer({ acquire: pool.acquire, emit: pool.emit, batchBytes })
  for (const piece of pieces) {
    insist(() => framer.push(piece))
    if (next() === 2) insist(() => framer.flush())
  }
  if (pieces.at(-1)?.kind !== 'end') insist(() => framer.end())
  return pool
}

/** Where a plain stream starts: at 0, or so that a mark lies in its first lines. */
const start = fc.oneof(
  fc.constant(0),
  fc.nat(3000).map((n) => 5 * MARK_BYTES - n),
)
const batchSize = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 300_000 }))
const whim = fc.array(fc.nat(5), { maxLength: 20 }).map((turns) => [0, ...turns])

describe('a stream without frames', () => {
  it('tells the same story for every cut, batch size and lack of batches', () => {
    fc.assert(
      fc.property(text, start, sizes, batchSize, whim, (input, at, lengths, size, turns) => {
        const pieces = plain(utf8(input), lengths, at)
        expect(storyOf(frame(pieces, size, turns).batches)).toEqual(storyOfPieces(pieces))
      }),
      { numRuns: 150 },
    )
  })
})

describe('a stream of frames', () => {
  it('tells the same story for every split, batch size and lack of batches', () => {
    fc.assert(
      fc.property(
        text,
        sizes,
        fc.array(fc.nat(100_000), { minLength: 1, maxLength: 50 }),
        fc.boolean(),
        batchSize,
        whim,
        (input, lengths, turns, split, size, whims) => {
          const pieces = framed(utf8(input), lengths, turns, split)
          const { batches } = frame(pieces, size, whims)
          expect(storyOf(batches)).toEqual(storyOfPieces(pieces))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('cuts a batch that is full of marks at a record end', () => {
    const { framer: f, pool } = open(100_000)
    for (let i = 0; i < 3 * MAX_MARKS; i++) f.push(data(i % 2 === 0 ? 'a' : '\n', i * 40, i))
    f.end()
    expect(pool.batches.every((batch) => batch.markCount <= MAX_MARKS)).toBe(true)
    expect(storyOf(pool.batches).filter((told) => told.startsWith('clock'))).toHaveLength(
      3 * MAX_MARKS,
    )
  })

  it('keeps the newest mark where one line has more than a batch has room for', () => {
    const { framer: f, pool } = open()
    for (let i = 0; i < MAX_MARKS + 50; i++) f.push(data('a', i * 40, i))
    f.push(data('a\nb\n', 7, 9999))
    f.flush()
    expect(pool.batches.every((batch) => batch.markCount <= MAX_MARKS)).toBe(true)
    expect(storyOf(pool.batches).at(-1)).toBe(`line 9 9999  b`)
  })
})

function open(batchBytes = 1000): { framer: Framer; pool: Pool } {
  const pool = new Pool()
  return { framer: new Framer({ acquire: pool.acquire, emit: pool.emit, batchBytes }), pool }
}

function data(content: string, place: number, clock: number | null, epoch = 1): Piece {
  return { kind: 'data', bytes: utf8(content), epoch, boot: null, place, clock }
}

const textOf = (pool: Pool): string[] =>
  pool.batches.map((batch) => Buffer.from(batch.bytes).toString('latin1'))

describe('flush', () => {
  it('sends whole lines and keeps what is not whole', () => {
    const { framer: f, pool } = open()
    f.push(data('one\ntwo\nthr', 10, 5))
    f.flush()
    f.flush()
    f.push(data('ee\n', 50, 6))
    f.flush()
    expect(textOf(pool)).toEqual(['one\ntwo\n', 'three\n'])
  })

  it('sends a tick as a batch without lines, so that quiet events close', () => {
    const { framer: f, pool } = open()
    f.push(data('one\n', 10, 5))
    f.flush()
    f.push({ kind: 'tick', epoch: 1, place: 46, clock: 2600 })
    f.flush()
    expect(pool.batches[1].length).toBe(0)
    expect([...pool.batches[1].marks]).toEqual([0, 2600, 46, MarkKind.Clock])
  })

  it('keeps a tick that comes inside a line with that line', () => {
    const { framer: f, pool } = open()
    f.push(data('par', 10, 5))
    f.push({ kind: 'tick', epoch: 1, place: 46, clock: 2600 })
    f.flush()
    expect(pool.batches).toEqual([])
    f.push(data('tial\n', 90, 2700))
    f.flush()
    expect(textOf(pool)).toEqual(['partial\n'])
    expect([...pool.batches[0].marks]).toEqual([0, 5, 10, 0, 3, 2600, 46, 0, 3, 2700, 90, 0])
  })
})

describe('the end of an event', () => {
  const eoe = 'type=EOE msg=audit(1.0:1): \n'
  it.each([
    ['alone', eoe, true],
    ['behind other records', `type=PATH msg=audit(1.0:1): item=0\n${eoe}`, true],
    ['with a node', `node=${'n'.repeat(200)} ${eoe}`, true],
    ['not whole', eoe.slice(0, -1), false],
    ['with a record behind it', `${eoe}type=USER_CMD msg=audit(2.0:2): x\n`, false],
    [
      'only in the text of a long record',
      `type=TTY msg=audit(1.0:1): ${'x'.repeat(400)} ${eoe}`,
      false,
    ],
    ['missing, with nothing held', '', false],
  ])('is seen where it is %s: %#', (_, held, seen) => {
    const bytes = utf8(held)
    expect(endsWithEoe(bytes, bytes.length)).toBe(seen)
  })
})

describe('pass', () => {
  it('sends one pass mark where the held bytes begin, with the clock that governs there', () => {
    const { framer: f, pool } = open()
    f.push(data('one\ntw', 10, 5))
    f.push({ kind: 'tick', epoch: 1, place: 80, clock: 2600 })
    expect(f.pass()).toBe(true)
    expect(pool.batches.map((batch) => batch.length)).toEqual([4, 0])
    expect([...pool.batches[1].marks]).toEqual([0, 5, 14, MarkKind.Pass])
    f.push(data('o\n', 90, 2700))
    f.flush()
    expect([...pool.batches[2].marks.subarray(0, MARK_WIDTH)]).toEqual([0, 5, 14, MarkKind.Place])
  })

  it('sends nothing before there is anything to close', () => {
    const { framer: f, pool } = open()
    expect(f.pass()).toBe(true)
    expect(pool.batches).toEqual([])
  })
})

describe('what is not whole', () => {
  it('is torn at a gap, and never joined with what follows', () => {
    const { framer: f, pool } = open()
    f.push(data('one\ntw', 10, 5))
    f.push({ kind: 'gap', epoch: 1, place: 50 })
    f.push(data('o\n', 90, 6))
    f.flush()
    expect(pool.batches.map(({ length, torn, final }) => ({ length, torn, final }))).toEqual([
      { length: 6, torn: true, final: false },
      { length: 2, torn: false, final: false },
    ])
  })

  it('is torn at the end of its epoch, and ends the stream only where the end says so', () => {
    for (const close of [false, true]) {
      const { framer: f, pool } = open()
      f.push(data('tw', 10, 5))
      f.push({ kind: 'end', epoch: 1, place: 50, close })
      expect(pool.batches.map(({ torn, final }) => ({ torn, final }))).toEqual([
        { torn: true, final: close },
      ])
    }
  })

  it('is an ordinary line at the end of a plain stream', () => {
    const { framer: f, pool } = open()
    f.push(data('one\ntwo', 0, null, 0))
    f.end()
    expect(pool.batches.map(({ length, torn, final }) => ({ length, torn, final }))).toEqual([
      { length: 7, torn: false, final: true },
    ])
  })

  it('gives a mark of a plain stream its clock as its last line', () => {
    const { framer: f, pool } = open()
    f.push(data(`${'x'.repeat(MAX_LINE - 1)}\ntype=A msg=audit(7.000:1): a`, 0, null, 0))
    f.end()
    expect(storyOf(pool.batches).slice(-3)).toEqual([
      'clock 7000 at 65536',
      'line 65536 7000  type=A msg=audit(7.000:1): a',
      'final',
    ])
  })

  it('makes no batch at a gap or an end of an epoch when nothing is held', () => {
    const { framer: f, pool } = open()
    f.push({ kind: 'gap', epoch: 1, place: 50 })
    f.push(data('one\n', 60, 5))
    f.flush()
    f.push({ kind: 'end', epoch: 1, place: 96, close: false })
    f.push(data('two\n', 60, 1, 2))
    f.flush()
    expect(textOf(pool)).toEqual(['one\n', 'two\n'])
    expect(pool.batches.map((batch) => batch.epoch)).toEqual([1, 2])
  })
})

it('ends an empty stream with one final batch', () => {
  const { framer: f, pool } = open()
  f.end()
  expect(
    pool.batches.map(({ length, final, markCount }) => ({ length, final, markCount })),
  ).toEqual([{ length: 0, final: true, markCount: 1 }])
})

it('goes on with an over-long line in the next batch as continued', () => {
  const { framer: f, pool } = open()
  f.push(data('x'.repeat(MAX_LINE), 0, 5))
  f.flush()
  f.push(data('\nnext\n', 0, 5))
  f.flush()
  expect(pool.batches.map(({ length, continued }) => ({ length, continued }))).toEqual([
    { length: MAX_LINE, continued: false },
    { length: 6, continued: true },
  ])
})

it('refuses batches that are too small for what it carries', () => {
  const { framer: f } = open(1 << 21)
  expect(() => f.push(data('x', 0, 5))).toThrow(RangeError)
})
