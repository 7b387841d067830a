import { readFileSync } from 'node:fs'
import fc from 'fast-check'

/** Real records, and what goes wrong with them between a writer and a reader. */

const CAPTURES = ['raw.log', 'enriched-node.log', 'enriched.log', 'odd.log']

function read(name: string): Buffer[] {
  const bytes = readFileSync(new URL(`../captures/${name}`, import.meta.url))
  const lines: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end))
    at = end < 0 ? bytes.length : end + 1
  }
  return lines
}

/** Every line of the captures. */
export const RECORDS: readonly Buffer[] = CAPTURES.flatMap(read)

/** What is put into records: bytes and words that mean something to a parser, or to JSON. */
const INSERTED = [
  '\x1d',
  '"',
  "'",
  '{',
  '}',
  ' { ',
  ' } ',
  '\0',
  '=',
  ' ',
  '#2',
  '\\',
  '\x7f',
  '\xff',
  '\xc3\x28',
  '\xed\xa0\x80',
  '(null)',
  '?',
  ' msg=',
  " msg='",
  ' msg="',
  ' SADDR=',
  ' SADDR="',
  ' SADDR={ ',
  ' text=',
  ' ARGV=',
  ' ARGV_hex=1',
  ' uid=',
  ' uid#2=1',
  ' pid=x pid_raw=y',
  ' name=C328 name_hex=5',
  ' argc=2',
  ' a1=',
  ' a0[1]=61',
  ' key=',
  ' items=9',
  ' proctitle=61',
  ' denied=no',
  ' { read \xff write } ',
  ' words of no field ',
  'type=EVENT msg=audit(1.000:1): ',
  ' audit(',
  'node=',
  '\r',
].map((text) => Buffer.from(text, 'latin1'))

interface Change {
  readonly kind: number
  readonly at: number
  readonly extra: number
}

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({ kind: fc.nat(7), at: fc.nat(100_000), extra: fc.nat(100_000) }),
  { maxLength: 5 },
)

/** One record of the captures, changed in up to five places; it holds no line feed. */
export const mutated: fc.Arbitrary<Buffer> = fc
  .tuple(fc.nat(RECORDS.length - 1), changes)
  .map(([record, list]) => list.reduce(changed, RECORDS[record]))

function changed(line: Buffer, { kind, at, extra }: Change): Buffer {
  const place = line.length === 0 ? 0 : at % line.length
  const head = line.subarray(0, place)
  const tail = line.subarray(place)
  switch (kind) {
    case 0:
      return Buffer.concat([head, notFeed(extra), tail.subarray(1)])
    case 1:
      return Buffer.concat([head, tail.subarray(extra % 40)])
    case 2:
      return Buffer.concat([head, tail.subarray(0, extra % 80), tail])
    case 3:
      return Buffer.concat([head, RECORDS[extra % RECORDS.length]])
    case 4:
      return Buffer.concat([head, Buffer.alloc(extra % 9000, 0x61), tail])
    case 5:
      return head
    default:
      return Buffer.concat([head, INSERTED[extra % INSERTED.length], tail])
  }
}

function notFeed(byte: number): Buffer {
  return Buffer.of(byte % 256 === 0x0a ? 0x20 : byte % 256)
}

/** A stream of such records, each ended by a line feed. */
export const mutatedStream: fc.Arbitrary<Buffer> = fc
  .array(mutated, { minLength: 1, maxLength: 30 })
  .map((lines) => Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])))

const LETTERS = 'type=msgaudit():. \n\r\x1d"\'{}0123456789'.split('')

/** Random bytes: any, or those that records are made of. */
export const garbage: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc
      .array(fc.constantFrom(...LETTERS), { maxLength: 3000 })
      .map((letters) => Buffer.from(letters.join(''), 'latin1')),
  )
  .map((bytes) => Buffer.from(bytes))

/** Records behind audisp's binary header, version 1 where they have a type of their own, else 0. */
export function framed(lines: readonly Buffer[], padded: boolean): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      const payload = line.subarray(0, 8970)
      const record = Buffer.alloc(16 + (padded ? 8970 : payload.length))
      record.writeUInt32LE(payload[0] === 0x61 ? 0 : 1, 0)
      record.writeUInt32LE(16, 4)
      record.writeUInt32LE(1300, 8)
      record.writeUInt32LE(payload.length, 12)
      payload.copy(record, 16)
      return record
    }),
  )
}
