import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Piece } from '../../src/model/piece.ts'
import { framed, run, text, wideText } from './stream.ts'

const WHOLE = 1 << 20
const cuts = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom(0, 1, 300, 1999, 2000, 3000)),
  { minLength: 1, maxLength: 12 },
)

function plain(input: string, size: number): Piece[] {
  const bytes = Buffer.from(input)
  const pieces: Piece[] = []
  for (let at = 0; at < bytes.length; at += size)
    pieces.push({
      kind: 'data',
      bytes: bytes.subarray(at, at + size),
      epoch: 0,
      boot: null,
      place: at,
      clock: null,
    })
  return pieces
}

describe('stitching', () => {
  it('gives the same bytes for every batch size and flush, with frames', () => {
    fc.assert(
      fc.property(
        text,
        cuts,
        fc.integer({ min: 1, max: 600 }),
        fc.nat(3),
        (bytes, sizes, batch, flush) => {
          const pieces = framed(bytes, sizes)
          const whole = run(pieces, WHOLE)
          const cut = run(pieces, batch, null, flush)
          expect(cut.events).toBe(whole.events)
          expect(cut.rejects).toEqual(whole.rejects)
          expect(cut.sums).toEqual(whole.sums)
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('gives the same bytes for every batch size and chunking, without frames', () => {
    fc.assert(
      fc.property(
        wideText,
        fc.constantFrom(1000, 4096, 65_536, 100_000),
        fc.constantFrom(1, 600, 20_000, 70_000, 200_000),
        (bytes, chunk, batch) => {
          const whole = run(plain(bytes, WHOLE), WHOLE)
          expect(run(plain(bytes, chunk), batch).events).toBe(whole.events)
        },
      ),
      { numRuns: 800 },
    )
  })

  it('keeps an event whole whose lines lie around a mark, however far apart the marks are', () => {
    const event = (second: number): string =>
      ['SYSCALL', 'CWD', 'PATH', 'PROCTITLE', 'EOE']
        .map((type) => `type=${type} msg=audit(${second}.000:${second}): pad=${'x'.repeat(3000)}\n`)
        .join('')
    const bytes = Array.from({ length: 40 }, (_, i) => event(1795331090 + 60 * i)).join('')
    const events = run(plain(bytes, 1 << 16), 1 << 20)
      .events.trim()
      .split('\n')
    expect(events.length).toBe(40)
    expect(events.every((line) => line.includes('"complete":true'))).toBe(true)
  })

  it('counts every line as a record, an EOE, a blank or a reject', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 600 }), (bytes, batch) => {
        const { sums } = run(plain(bytes, 97), batch)
        const [lines, records, eoe, blank, rejected] = sums
        expect(lines).toBe(records + eoe + blank + rejected)
        const fed = bytes.split('\n')
        expect(lines).toBe(fed.at(-1) === '' ? fed.length - 1 : fed.length)
      }),
    )
  })

  it('gives from every checkpoint exactly the tail of the whole run', () => {
    fc.assert(
      fc.property(
        text,
        cuts,
        fc.integer({ min: 1, max: 600 }),
        fc.nat(3),
        (bytes, sizes, batch, flush) => {
          const pieces = framed(bytes, sizes)
          const whole = run(pieces, batch, null, flush)
          let events = ''
          let rejects: string[] = []
          for (const block of whole.blocks) {
            events += block.events
            rejects = rejects.concat(block.rejects)
            const rest = run(from(pieces, block.resume.place), batch, block.done)
            expect(events + rest.events).toBe(whole.events)
            expect(rejects.concat(rest.rejects)).toEqual(whole.rejects)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The pieces from a place on, as a reader that starts there gives them. */
function from(pieces: readonly Piece[], place: number): Piece[] {
  const rest: Piece[] = []
  for (const piece of pieces) {
    if (piece.kind !== 'data') {
      if (piece.place >= place) rest.push(piece)
    } else if (piece.place >= place) rest.push(piece)
    else if (piece.place + piece.bytes.length > place) {
      const skip = place - piece.place
      rest.push({ ...piece, bytes: piece.bytes.subarray(skip), place })
    }
  }
  return rest
}
