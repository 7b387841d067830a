import { describe, expect, test } from 'vitest'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { byEvent, type Line, make, readLines } from './made.ts'

/** Types whose record alone is an event, among those that are made. */
const SINGLE = /^(USER_|CRED_|SERVICE_|DAEMON_|CRYPTO_|KERNEL$)/

/** Counts events as a reader joins and closes them: at EOE, at single records, after PROCTITLE. */
function stitch(lines: readonly Line[]): number {
  const open = new Map<string, boolean>()
  let pieces = 0
  for (const { id, type } of lines) {
    if (id === null) continue
    for (const [other, titled] of open) if (titled && other !== id) open.delete(other)
    if (type === 'EOE') {
      open.delete(id)
      continue
    }
    if (!open.has(id)) pieces++
    if (SINGLE.test(type)) open.delete(id)
    else open.set(id, open.get(id) === true || type === 'PROCTITLE')
  }
  return pieces
}

/** The events that have a line of another event among theirs. */
function mixed(lines: readonly Line[]): Set<string> {
  const last = new Map<string, number>()
  const torn = new Set<string>()
  lines.forEach((line, i) => {
    if (line.id === null) return
    const before = last.get(line.id)
    if (before !== undefined && before !== i - 1) torn.add(line.id)
    last.set(line.id, i)
  })
  return torn
}

/** The sequences of record types that events have. */
function shapesOf(lines: readonly Line[]): Set<string> {
  return new Set(
    [...byEvent(lines).values()].map((event) => event.map((line) => line.type).join(' ')),
  )
}

describe('interleaving', () => {
  const options: Partial<GeneratorOptions> = { events: 4000, cpus: 6, rate: 5000 }

  test("keeps the order of each event's records", () => {
    const apart = shapesOf(readLines(make({ ...options, interleave: 0 }).bytes))
    const together = shapesOf(readLines(make({ ...options, interleave: 1 }).bytes))
    expect([...together].filter((shape) => !apart.has(shape))).toEqual([])
  })

  test('of share 0 leaves every event in one piece', () => {
    const { bytes, truth } = make({ ...options, interleave: 0 })
    expect(mixed(readLines(bytes)).size).toBe(0)
    expect(truth.interleaved).toBe(0)
  })

  test.each([0.1, 0.5, 0.9])('reaches the share %d of events', (interleave) => {
    const { truth } = make({ ...options, events: 20_000, interleave })
    expect(truth.interleaved / truth.events).toBeGreaterThan(interleave - 0.03)
    expect(truth.interleaved / truth.events).toBeLessThan(interleave + 0.03)
  })

  test('tears events of several records apart, and never more at once than there are processors', () => {
    const lines = readLines(make({ ...options, interleave: 1, mix: { unlink: 1 } }).bytes)
    expect(mixed(lines).size).toBeGreaterThan(3000)
    const open = new Set<string>()
    for (const { id, type } of lines) {
      open.add(id as string)
      expect(open.size).toBeLessThanOrEqual(6)
      if (type === 'EOE') open.delete(id as string)
    }
  })

  test('needs two processors', () => {
    expect(make({ ...options, cpus: 1, interleave: 1 }).truth.interleaved).toBe(0)
  })

  test('does not mix events whose stamps are far apart', () => {
    expect(make({ events: 200, rate: 2, cpus: 4, interleave: 1 }).truth.interleaved).toBe(0)
  })
})

describe('a late record', () => {
  test('comes after the EOE of its event, is of it, and is told', () => {
    const { bytes, truth } = make({ events: 3000, late: 0.2 })
    let late = 0
    for (const event of byEvent(readLines(bytes)).values()) {
      const end = event.findIndex((line) => line.type === 'EOE')
      if (end < 0) continue
      expect(event.length - 1 - end).toBeLessThanOrEqual(1)
      late += event.length - 1 - end
    }
    expect(truth.late).toBe(late)
    expect(late).toBeGreaterThan(300)
  })

  test('is told per key, with its copies', () => {
    const { bytes, truth } = make({ events: 2000, late: 0.3, repeat: 0.3, mix: { unlink: 1 } })
    let late = 0
    for (const event of byEvent(readLines(bytes)).values())
      late += event.length - 1 - event.findLastIndex((line) => line.type === 'EOE')
    expect(truth.keys['delete']?.late).toBe(late)
    expect(late).toBeGreaterThan(truth.late)
  })

  test('is never the SYSCALL, which has the key', () => {
    const { bytes } = make({ events: 1000, late: 1, mix: { open: 1, unlink: 1 } })
    for (const event of byEvent(readLines(bytes)).values()) expect(event[0]?.type).toBe('SYSCALL')
  })
})

describe('repeated records', () => {
  test('follow the first copy at once, and are told', () => {
    const { bytes, truth } = make({ events: 3000, repeat: 0.1 })
    const lines = readLines(bytes)
    const copies = lines.filter((line, i) => i > 0 && line.text === lines[i - 1]?.text)
    expect(copies.length).toBe(truth.repeated)
    expect(truth.repeated / truth.lines).toBeGreaterThan(0.07)
    expect(truth.repeated / truth.lines).toBeLessThan(0.11)
  })
})

describe('the pieces that are told', () => {
  test.each([
    {},
    { late: 0.3 },
    { repeat: 0.3 },
    { late: 0.3, repeat: 0.3, interleave: 1, cpus: 8 },
    { late: 0.3, repeat: 0.3, interleave: 1, nodes: 3, odd: 0.3 },
  ])('are those that a reader finds (%j)', (options) => {
    const { bytes, truth } = make({ events: 3000, ...options })
    expect(stitch(readLines(bytes))).toBe(truth.pieces)
  })

  test.each([{}, { late: 0.3 }, { late: 0.5, interleave: 1, cpus: 8 }])(
    'are those that a reader of a log without EOE finds (%j)',
    (options) => {
      const { bytes, truth } = make({ events: 3000, eoe: false, ...options })
      expect(stitch(readLines(bytes))).toBe(truth.pieces)
      expect(truth.eoe).toBe(0)
    },
  )
})
