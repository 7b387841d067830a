import { describe, expect, it } from 'vitest'
import { JoinedParts } from '../../../src/sink/kafka/joined-parts.ts'

const message = (text: string, named: Readonly<Record<string, string>>) => ({
  value: Buffer.from(text),
  headers: Object.entries(named).map(([name, value]) => ({ [name]: value })),
})
const part = (n: number | string, of: number | string, text: string) =>
  message(text, { id: 'a', pos: '1', part: String(n), parts: String(of) })

describe('values in parts', () => {
  it('are whole with the last part, in the order of their numbers, each counted once', () => {
    const joined = new JoinedParts()
    const some = [part(3, 3, 'c'), part(1, 3, 'a'), part(1, 3, 'a'), part(2, 3, 'b')]
    expect(some.map((one) => joined.take(one)?.toString())).toEqual([
      undefined,
      undefined,
      undefined,
      'abc',
    ])
  })

  it.each([
    ['0', '2'],
    ['3', '2'],
    ['1.5', '2'],
    ['4294967296', '2'],
    ['x', '2'],
    ['1', 'x'],
  ])('are taken as they are where their headers number none: part %s of %s', (n, of) => {
    expect(new JoinedParts().take(part(n, of, 'text'))?.toString()).toBe('text')
  })
})
