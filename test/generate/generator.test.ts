import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Generator, MIN_ROOM } from '../../src/generate/generator.ts'
import { HOME_KEYS } from '../../src/generate/kinds.ts'
import { DEFAULTS, type GeneratorOptions } from '../../src/generate/options.ts'
import type { KeyTruth, Truth } from '../../src/generate/truth.ts'
import { byEvent, keysOf, make, readLines } from './made.ts'

const WILD: Partial<GeneratorOptions> = {
  events: 3000,
  nodes: 3,
  cpus: 8,
  interleave: 0.5,
  late: 0.05,
  repeat: 0.05,
  odd: 0.2,
  keys: 30,
  paths: 100_000,
  programs: 300,
}

/** Counts a text stream with nothing but its lines. */
function count(bytes: Buffer): Partial<Truth> {
  const lines = readLines(bytes)
  const records = lines.filter((line) => line.id !== null)
  const eoe = records.filter((line) => line.type === 'EOE').length
  const blank = lines.filter((line) => line.text === '').length
  const events = byEvent(lines)
  const keys: Record<string, Omit<KeyTruth, 'late'>> = {}
  let daemon = 0
  for (const event of events.values()) {
    if (event[0]?.type.startsWith('DAEMON_')) daemon++
    for (const key of keysOf(event)) {
      const row = keys[key] ?? { events: 0, records: 0, eoe: 0 }
      const ends = event.filter((line) => line.type === 'EOE').length
      keys[key] = {
        events: row.events + 1,
        records: row.records + event.length - ends,
        eoe: row.eoe + ends,
      }
    }
  }
  return {
    events: events.size,
    records: records.length - eoe,
    eoe,
    blank,
    rejected: lines.length - records.length - blank,
    lines: lines.length,
    bytes: bytes.length,
    daemon,
    keys: keys as Truth['keys'],
  }
}

/** The same counts, of those that the generator gives. */
function told(truth: Truth): Partial<Truth> {
  const { events, records, eoe, blank, rejected, lines, bytes, daemon } = truth
  const keys = Object.fromEntries(
    Object.entries(truth.keys).map(([name, row]) => [
      name,
      { events: row.events, records: row.records, eoe: row.eoe },
    ]),
  )
  return {
    events,
    records,
    eoe,
    blank,
    rejected,
    lines,
    bytes,
    daemon,
    keys: keys as Truth['keys'],
  }
}

const shares = fc.constantFrom(0, 0.1, 0.7, 1)
const anyOptions = fc.record({
  seed: fc.maxSafeNat(),
  events: fc.integer({ min: 1, max: 400 }),
  format: fc.constantFrom('raw', 'enriched'),
  eoe: fc.boolean(),
  cpus: fc.integer({ min: 1, max: 9 }),
  interleave: shares,
  nodes: fc.integer({ min: 0, max: 3 }),
  late: shares,
  repeat: shares,
  odd: shares,
  keys: fc.constantFrom(0, 1, 2, 8, 50),
  rate: fc.constantFrom(0.5, 30, 1000, 250_000),
  shape: fc.constantFrom('steady', 'ramp', 'burst', 'flood'),
  floodFrom: fc.constant(0),
}) satisfies fc.Arbitrary<Partial<GeneratorOptions>>

describe('the bytes', () => {
  test('are the same for the same options, whatever the buffer', () => {
    const whole = make(WILD, 4 << 20)
    for (const room of [MIN_ROOM, MIN_ROOM + 1, 77_777, 1 << 20]) {
      const again = make(WILD, room)
      expect(again.bytes.equals(whole.bytes)).toBe(true)
      expect(again.truth).toEqual(whole.truth)
    }
  })

  test('are the same when they are made in steps of stream time', () => {
    const whole = make({ ...WILD, rate: 200 }).bytes
    const generator = new Generator({ ...WILD, rate: 200 })
    const buffer = Buffer.alloc(1 << 20)
    const parts: Buffer[] = []
    for (let until = 0; !generator.done; until += 7)
      parts.push(Buffer.from(buffer.subarray(0, generator.fill(buffer, until))))
    expect(Buffer.concat(parts).equals(whole)).toBe(true)
  })

  test('differ with the seed', () => {
    const [one, two] = [make({ events: 100, seed: 1 }), make({ events: 100, seed: 2 })]
    expect(one.bytes.equals(two.bytes)).toBe(false)
  })

  test('hold whole records in every buffer', () => {
    const generator = new Generator(WILD)
    const buffer = Buffer.alloc(MIN_ROOM)
    while (!generator.done) {
      const length = generator.fill(buffer)
      if (length > 0) expect(buffer[length - 1]).toBe(0x0a)
    }
  })

  test('need a buffer of MIN_ROOM', () => {
    expect(() => new Generator().fill(Buffer.alloc(MIN_ROOM - 1))).toThrow(RangeError)
  })
})

describe('the truth', () => {
  test('is what a count of the lines gives, for any options', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const { bytes, truth } = make(options)
        expect(told(truth)).toEqual(count(bytes))
        expect(truth.lines).toBe(truth.records + truth.eoe + truth.blank + truth.rejected)
      }),
      { numRuns: 60 },
    )
  })

  test('accounts for every event with and without a key', () => {
    const { truth } = make({ ...WILD, odd: 0, repeat: 0 })
    const rows = [...Object.values(truth.keys), truth.unkeyed]
    const sum = (pick: (row: KeyTruth) => number): number =>
      rows.reduce((total, row) => total + pick(row), 0)
    expect(sum((row) => row.events)).toBe(truth.events)
    expect(sum((row) => row.records)).toBe(truth.records)
    expect(sum((row) => row.eoe)).toBe(truth.eoe)
    expect(sum((row) => row.late)).toBe(truth.late)
  })

  test('names first and last serial of each node', () => {
    const { bytes, truth } = make({ events: 2000, nodes: 3, interleave: 0 })
    const events = [...byEvent(readLines(bytes)).values()].map((event) => event[0])
    for (const node of truth.nodes) {
      const own = events.filter((line) => line?.node === node.name)
      const serials = own.filter((line) => !line?.type.startsWith('DAEMON_'))
      expect(node.events).toBe(own.length)
      expect(node.firstSerial).toBe(serials[0]?.serial)
      expect(node.lastSerial).toBe(serials.at(-1)?.serial)
    }
    expect(truth.nodes.map((node) => node.name)).toEqual(['web-01', 'web-02', 'web-03'])
  })
})

describe('serials', () => {
  test('go on at 0 after 4294967295', () => {
    const { bytes, truth } = make({
      events: 12,
      startSerial: 4294967290,
      interleave: 0,
      mix: { open: 1 },
    })
    const serials = [...byEvent(readLines(bytes)).values()].map((event) => event[0]?.serial)
    expect(serials).toEqual([
      4294967290, 4294967291, 4294967292, 4294967293, 4294967294, 4294967295, 0, 1, 2, 3, 4, 5,
    ])
    expect(truth.nodes[0]).toMatchObject({ firstSerial: 4294967290, lastSerial: 5 })
  })

  test("of auditd's own records are a space of their own", () => {
    const { bytes } = make({ events: 50, interleave: 0, mix: { open: 1, daemon: 1 } })
    const firsts = [...byEvent(readLines(bytes)).values()].map((event) => event[0])
    const daemon = firsts.filter((line) => line?.type.startsWith('DAEMON_'))
    const kernel = firsts.filter((line) => !line?.type.startsWith('DAEMON_'))
    expect(daemon.length).toBeGreaterThan(5)
    for (const [space, first] of [
      [daemon, 7001],
      [kernel, DEFAULTS.startSerial],
    ] as const)
      expect(space.map((line) => line?.serial)).toEqual(space.map((_, i) => first + i))
  })
})

describe('a limit', () => {
  test('of events is met exactly', () => {
    expect(make({ ...WILD, events: 777 }).truth.events).toBe(777)
  })

  test.each(['records', 'bytes'] as const)('of %s is passed by one group at most', (limit) => {
    const { truth } = make({ [limit]: 50_000, mix: { open: 1 }, interleave: 0 })
    expect(truth[limit]).toBeGreaterThanOrEqual(50_000)
    expect(truth[limit]).toBeLessThan(50_000 + 2000)
  })

  test('of seconds ends the stream before that second', () => {
    const { truth } = make({ seconds: 2.5, rate: 100 })
    expect(truth.events).toBe(250)
    expect(truth.lastStamp).toBe(DEFAULTS.start + 2490)
  })
})

describe('cardinality', () => {
  test('is never above what was asked for, and reaches it', () => {
    const { bytes, truth } = make({
      events: 20_000,
      keys: 20,
      paths: 50,
      programs: 15,
      mix: { open: 1 },
    })
    const text = bytes.toString('latin1')
    expect(new Set(text.match(/ exe=\S+/g)).size).toBe(15)
    expect(new Set(text.match(/ inode=\d+/g)).size).toBe(50)
    // opens carry their own key or one of those that no kind has
    expect(Object.keys(truth.keys).length).toBe(1 + 20 - HOME_KEYS.length)
  })

  test('of no keys leaves every event without', () => {
    const { truth } = make({ events: 500, keys: 0 })
    expect(truth.keys).toEqual({})
    expect(truth.unkeyed.events).toBe(500)
  })
})

describe('misuse', () => {
  test.each([
    [{ interleave: 1.5 }, '--interleave must be a share between 0 and 1'],
    [{ events: 0 }, '--events must be above 0'],
    [{ cpus: 2.5 }, '--cpus must be a whole number from 1 to 1024'],
    [{ startSerial: 2 ** 32 }, '--start-serial must be a whole number from 0 to 4294967295'],
    [{ rate: 0 }, '--rate must be above 0 and at most 100000000'],
    [{ floodKey: 'k'.repeat(257) }, '--flood-key must be of 1 to 256 bytes'],
    [{ mix: { open: 0 } }, '--mix must be of at least one kind with a weight above 0'],
  ])('%j is named in one line', (options, message) => {
    expect(() => new Generator(options)).toThrow(message)
  })

  test('of the mix names the kinds there are', () => {
    expect(() => new Generator({ mix: { opn: 1 } })).toThrow(/opn \(known: open, /)
  })
})
