import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../../../src/sink/kafka/message.ts'
import { partsOf, roomIn } from '../../../src/sink/kafka/parts.ts'

const LIMIT = 20_000

function messageOf(value: Buffer): Outgoing {
  return {
    sender: { report: () => {} },
    topic: 'audit.events',
    value,
    key: null,
    timestamp: 0,
    headers: [{ id: 'web-01:1.000:7' }, { schema: 'native/1' }],
    id: 'web-01:1.000:7',
    epoch: 1,
    place: 42,
    chunk: null,
    open: -1,
    failed: false,
  }
}

describe('a message in parts', () => {
  it.each([1, roomIn(LIMIT), roomIn(LIMIT) + 1, 5 * roomIn(LIMIT), 100_000])(
    'is its value of %i bytes when they are put together',
    (length) => {
      const value = Buffer.from(Array.from({ length }, (_, i) => i % 251))
      const parts = partsOf(messageOf(value), LIMIT)
      expect(Buffer.concat(parts.map((part) => part.value)).equals(value)).toBe(true)
      for (const part of parts) expect(part.value.length).toBeLessThanOrEqual(roomIn(LIMIT))
    },
  )

  it('says of each part what it belongs to, which it is and how many there are', () => {
    const parts = partsOf(messageOf(Buffer.alloc(roomIn(LIMIT) + 1)), LIMIT)
    expect(parts.map(({ headers }) => Object.assign({}, ...headers) as object)).toEqual([
      { id: 'web-01:1.000:7', pos: '1.0.42', schema: 'native/1', part: '1', parts: '2' },
      { id: 'web-01:1.000:7', pos: '1.0.42', schema: 'native/1', part: '2', parts: '2' },
    ])
  })
})
