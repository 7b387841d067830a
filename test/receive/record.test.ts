import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineOf, nodeOf } from '../../src/receive/record.ts'

const line = (text: string, node: string | null): string | undefined =>
  lineOf(Buffer.from(text), node)?.toString()

describe('a received record', () => {
  it('is one line of the stream, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.boolean(), (bytes, named) => {
        const made = lineOf(Buffer.from(bytes), named ? '10.0.0.7' : null) as Buffer
        expect(made.indexOf(10)).toBe(made.length - 1)
        expect(made[0]).toBeGreaterThan(1)
        expect(made.includes(0)).toBe(false)
      }),
    )
  })

  it('keeps every byte but line feed, NUL and 0x01', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const made = lineOf(bytes, null) as Buffer
    expect([...made.subarray(0, 256)]).toEqual(
      [...bytes].map((byte) => (byte <= 1 || byte === 10 ? 32 : byte)),
    )
  })

  it('keeps the node it names and gets one where it names none', () => {
    expect(line('node=web-01 type=CWD', '10.0.0.7')).toBe('node=web-01 type=CWD\n')
    expect(line('type=CWD', '10.0.0.7')).toBe('node=10.0.0.7 type=CWD\n')
    expect(line('type=CWD', null)).toBe('type=CWD\n')
  })

  it('is nothing when it is empty', () => {
    expect(lineOf(Buffer.alloc(0), '10.0.0.7')).toBeNull()
  })

  it.each([
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('from %s has the node %s', (address, node) => {
    expect(nodeOf(address)).toBe(node)
  })
})
