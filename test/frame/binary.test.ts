import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Framer } from '../../src/frame/framer.ts'
import { Framing } from '../../src/model/batch.ts'
import { MARK_BYTES } from '../../src/model/limits.ts'
import type { Piece } from '../../src/model/piece.ts'
import { linesOf, Pool, storyOf } from './reference.ts'

const PADDED = 8970

interface Shape {
  readonly padded: boolean
  readonly big: boolean
}

/** One record as auditd writes it to a plugin with `format = binary`. */
function record(payload: string, { padded, big }: Shape, version = 1): Buffer {
  const body = Buffer.from(payload, 'latin1')
  const out = Buffer.alloc(16 + (padded ? PADDED : body.length))
  const values = [version, 16, 1300, body.length]
  for (const [i, value] of values.entries())
    if (big) out.writeUInt32BE(value, i * 4)
    else out.writeUInt32LE(value, i * 4)
  body.copy(out, 16)
  return out
}

const payload = fc
  .tuple(fc.nat(60), fc.nat(999), fc.nat(2500), fc.constantFrom('\n', '\0', 't', ' '))
  .map(
    ([s, serial, pad, fill]) =>
      `type=SYSCALL msg=audit(${1_700_000_000 + s}.000:${serial}): ${fill.repeat(pad)}`,
  )
const shape = fc.record({ padded: fc.boolean(), big: fc.boolean() })
const batchSize = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 200_000 }))
const sizes = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 20 })

function pieces(bytes: Buffer, lengths: readonly number[]): Piece[] {
  const out: Piece[] = []
  for (let place = 0; place < bytes.length; ) {
    const length = lengths[out.length % lengths.length]
    const part = new Uint8Array(bytes.subarray(place, place + length))
    out.push({ kind: 'data', bytes: part, epoch: 0, boot: null, place, clock: null })
    place += length
  }
  return out
}

function frame(bytes: Buffer, lengths: readonly number[], batchBytes: number, flushes = 0): Pool {
  const pool = new Pool()
  const framer = new Framer({ acquire: pool.acquire, emit: pool.emit, batchBytes })
  for (const [i, piece] of pieces(bytes, lengths).entries()) {
    framer.push(piece)
    if (flushes > 0 && i % flushes === 0) framer.flush()
  }
  framer.end()
  return pool
}

function told(bytes: Buffer, quiet: boolean): number[] {
  const pool = new Pool()
  const framer = new Framer({ acquire: pool.acquire, emit: pool.emit })
  for (const piece of pieces(bytes, [bytes.length])) framer.push(piece)
  if (quiet) framer.flush()
  else framer.end()
  return pool.batches.map((batch) => batch.framing)
}

function payloadsOf(pool: Pool): string[] {
  return pool.batches.flatMap((batch) =>
    linesOf(batch).map(
      ({ start, end, flags }) =>
        flags + Buffer.from(batch.bytes.subarray(start, end)).toString('latin1'),
    ),
  )
}

describe('binary records', () => {
  it('come out whole, padded or exact, in either byte order, for every cut', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 40 }),
        shape,
        sizes,
        batchSize,
        fc.nat(3),
        (payloads, form, lengths, batchBytes, flushes) => {
          const bytes = Buffer.concat(payloads.map((text) => record(text, form)))
          const pool = frame(bytes, lengths, batchBytes, flushes)
          expect(payloadsOf(pool)).toEqual(payloads)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('give each mark the largest stamp among the first records after the marks so far', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 80, maxLength: 150 }),
        sizes,
        batchSize,
        (payloads, lengths, batchBytes) => {
          const records = payloads.map((text) => record(text, { padded: false, big: false }))
          const expected = ['epoch 0 null']
          let clock = 0
          let place = 0
          let mark = 0
          for (const [i, bytes] of records.entries()) {
            const stamp = Number(/audit\((\d+)/.exec(payloads[i])?.[1]) * 1000
            while (mark <= place) {
              if (stamp > clock) expected.push(`clock ${(clock = stamp)} at ${mark}`)
              mark += MARK_BYTES
            }
            expected.push(`line ${place} ${clock}`)
            place += bytes.length
          }
          const story = storyOf(frame(Buffer.concat(records), lengths, batchBytes).batches)
          expect(story.map((step) => step.replace(/^(line \d+ \d+).*/s, '$1'))).toEqual([
            ...expected,
            'final',
          ])
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are found again after bytes that no header explains, the same for every cut', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 2, maxLength: 12 }),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40_000 }), {
          minLength: 1,
          maxLength: 3,
        }),
        sizes,
        batchSize,
        (payloads, damage, lengths, batchBytes) => {
          const parts = payloads.map((text) => record(text, { padded: false, big: false }))
          for (const [i, noise] of damage.entries())
            parts.splice(2 + i * 2, 0, Buffer.concat([Buffer.from([9]), noise]))
          const bytes = Buffer.concat(parts)
          const whole = frame(bytes, [bytes.length], bytes.length)
          const story = storyOf(frame(bytes, lengths, batchBytes).batches)
          expect(story).toEqual(storyOf(whole.batches))
          expect(payloadsOf(whole).filter((text) => payloads.includes(text))).toEqual(payloads)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('the framing', () => {
  const exact = { padded: false, big: false }
  const padded = { padded: true, big: false }
  it('of one record is told when the stream falls quiet after it', () => {
    expect(told(record('audit(1.000:1): a', exact, 0), true)).toEqual([Framing.BinaryExact])
    expect(told(record('audit(1.000:1): a', padded, 0), true)).toEqual([Framing.BinaryPadded])
  })

  it('is not told by half a padded record', () => {
    expect(told(record('audit(1.000:1): a', padded, 0).subarray(0, 4000), true)).toEqual([])
  })

  it('is told by the first record that leaves room where some fill it', () => {
    const full = `type=X msg=audit(1.000:1): `.padEnd(PADDED, 'x')
    const records = [full, full, 'type=Y msg=audit(1.000:2): y', 'type=Z msg=audit(1.000:3): z']
    for (const form of [exact, padded]) {
      const bytes = Buffer.concat(records.map((text) => record(text, form)))
      expect(payloadsOf(frame(bytes, [700], 100_000, 1))).toEqual(records)
    }
  })

  it('is text when the first bytes are no header', () => {
    expect(told(Buffer.from('\x00\x00\x00\x00 no header of ours\n'), false)).toEqual([Framing.Text])
    expect(told(Buffer.from('\x01'), false)).toEqual([Framing.Text])
    expect(told(Buffer.from('type=X\n'), true)).toEqual([Framing.Text])
  })

  it('is asked again in a new epoch', () => {
    const pool = new Pool()
    const framer = new Framer({ acquire: pool.acquire, emit: pool.emit })
    const base = { kind: 'data', boot: null, place: 0, clock: 1 } as const
    framer.push({ ...base, bytes: record('type=X', exact), epoch: 1 })
    framer.push({ ...base, bytes: Buffer.from('type=X\n'), epoch: 2 })
    framer.end()
    expect(pool.batches.map((batch) => batch.framing)).toEqual([Framing.BinaryExact, Framing.Text])
  })
})

it('tears a binary record that its writer did not finish', () => {
  const pool = new Pool()
  const framer = new Framer({ acquire: pool.acquire, emit: pool.emit })
  const bytes = Buffer.concat([
    record('type=A', { padded: false, big: false }),
    record('type=B cut here', { padded: false, big: false }).subarray(0, 24),
  ])
  framer.push({ kind: 'data', bytes, epoch: 1, boot: null, place: 0, clock: 1 })
  framer.push({ kind: 'end', epoch: 1, place: bytes.length, close: true })
  expect(pool.batches.map((batch) => linesOf(batch).map(({ flags }) => flags))).toEqual([
    ['', 'torn'],
  ])
})
