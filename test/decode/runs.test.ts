import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Decoder } from '../../src/decode/decoder.ts'
import { FIELD_NAMES } from '../../src/decode/kinds.ts'
import { addMark, createBatch, MarkKind } from '../../src/model/batch.ts'
import { createResult, roomFor } from '../../src/model/result.ts'

const OPTIONS = { format: 'native', host: null, raw: false, interpretedPrefix: '' } as const

function decode(decoder: Decoder, text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  const batch = createBatch(new Uint8Array(bytes.length + 8), new Float64Array(64))
  batch.bytes.set(bytes)
  batch.length = bytes.length
  batch.final = true
  addMark(batch, 0, 0, 0, MarkKind.Clock)
  const result = createResult(roomFor(bytes.length))
  decoder.decode(batch, result)
  return Buffer.from(result.out.subarray(0, result.outLength)).toString('latin1')
}

const telling = [
  'auid',
  'comm',
  'dev',
  'key',
  'items',
  'a0',
  'a1',
  'UID',
  'GID',
  'ses',
  'tty',
  'msg',
]
const field = fc
  .tuple(
    fc.oneof(fc.constantFrom(...telling), fc.constantFrom(...FIELD_NAMES)),
    fc.constantFrom('1', '0', '"x"', '(null)', '?', '6C73', '0100644', '"a b"', 'root', '-1'),
    fc.constantFrom(' ', ' ', ' ', '\x1d', ' word ', '  '),
  )
  .map(([name, value, after]) => `${name}=${value}${after}`)
const record = fc
  .tuple(
    fc.constantFrom('SYSCALL', 'PATH', 'USER_LOGIN'),
    fc.array(field, { minLength: 1, maxLength: 14 }),
  )
  .map(([type, fields]) => `type=${type} msg=audit(1.000:1): ${fields.join('')}\n`)

it('a decoder writes a record as one that has never seen another does', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), (lines) => {
      const seasoned = new Decoder(OPTIONS)
      for (let round = 0; round < 3; round++) for (const line of lines) decode(seasoned, line)
      for (const line of lines)
        expect(decode(seasoned, line)).toBe(decode(new Decoder(OPTIONS), line))
    }),
    { numRuns: 1500 },
  )
})

it('a record is read alike after one with the same stamp, with or without a space behind it', () => {
  const stamp = 'msg=audit(1.000:1):'
  const other = 'type=USER_LOGIN msg=audit(1.000:2): pid=1\n'
  const first = `type=SYSCALL ${stamp} pid=1\ntype=EXECVE ${stamp}argc=1 a0="x"\n`
  const second = `type=EXECVE ${stamp} argc=1 a0="y"\n`
  const apart = decode(new Decoder(OPTIONS), first + other + second)
  expect(apart).toContain('"EXECVE#2":{"argc":1,"ARGV":["y"]}')
  expect(decode(new Decoder(OPTIONS), first + second)).toContain('"ARGV":["y"]')
})
