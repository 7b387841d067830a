import { describe, expect, it } from 'vitest'
import { Keys, OTHER } from '../../src/analyse/counts/keys.ts'
import { QUIET_INTERVALS } from '../../src/analyse/rates/interval.ts'
import { SET_BACK_EVENTS } from '../../src/analyse/rates/late-run.ts'
import { MAX_NODES } from '../../src/analyse/rates/windows.ts'
import { Bench, blockOf, type Item } from './blocks.ts'

const T = 1_700_000_000
const event = (at: number, keys: string[] = [], more: object = {}): Item => ({
  kind: 'event',
  at: T + at,
  keys,
  ...more,
})
const time = (second: number): string => new Date((T + second) * 1000).toISOString()

describe('a heartbeat', () => {
  it('has the sums, the rates and the worst second of an interval', () => {
    const bench = new Bench()
      .take(
        event(1, ['exec'], { records: 5, eoe: 1, bytes: 700 }),
        event(2, ['exec'], { records: 4, eoe: 1, bytes: 500 }),
        event(2.5, ['exec'], { records: 4, bytes: 300 }),
      )
      .end()
    const row = {
      events: 3,
      records: 13,
      entries: 15,
      bytes: 1500,
      events_per_s: 0.3,
      records_per_s: 1.3,
      bytes_per_s: 150,
      peak_records_per_s: 8,
      peak_at: time(2),
      peak_entries_per_s: 9,
      late: 0,
    }
    expect(bench.heartbeats).toEqual([
      {
        type: 'rates',
        v: 1,
        node: 'web-01',
        from: time(0),
        to: time(10),
        part: 1,
        parts: 1,
        boot: null,
        serials: expect.anything() as object,
        in: { events: 3, records: 13, entries: 15 },
        out: { events: 3, records: 13 },
        filtered: 0,
        rejected: 0,
        incomplete: 0,
        stream: expect.anything() as object,
        total: row,
        keys: [{ key: 'exec', ...row }],
      },
    ])
  })

  it('counts an event with two keys in both and once in the total', () => {
    const { rows } = new Bench().take(event(1, ['a', 'b']), event(1, ['b', 'b'])).end()
    expect(rows.map(({ key, events }) => [key, events])).toEqual([
      [null, 2],
      ['a', 1],
      ['b', 2],
    ])
  })

  it('counts events without a key under the empty key', () => {
    const { rows } = new Bench().take(event(1), event(1, ['a'])).end()
    expect(rows.map(({ key, events }) => [key, events])).toEqual([
      [null, 2],
      ['', 1],
      ['a', 1],
    ])
  })

  it('belongs to the node that the record names, else to the host', () => {
    const { rows } = new Bench()
      .take(event(1), event(1, [], { node: 'db-01' }), event(1, [], { node: 'web-01' }))
      .end()
    expect(
      rows.filter(({ key }) => key === null).map((row) => [row['node'], row['events']]),
    ).toEqual([
      ['web-01', 2],
      ['db-01', 1],
    ])
  })

  it('goes out when the newest stamp is ten seconds past its interval', () => {
    const bench = new Bench().take(event(1), event(19.999))
    expect(bench.rows).toEqual([])
    bench.take(event(20))
    expect(bench.totals.map(({ from, events }) => [from, events])).toEqual([[time(0), 1]])
  })

  it('comes in parts when its rows are too many for one message', () => {
    const items = Array.from({ length: 6000 }, (_, n) => event(1, [`key-${n}`]))
    const { heartbeats } = new Bench().take(...items).end()
    expect(heartbeats.length).toBeGreaterThan(1)
    const [{ keys: _, part: __, ...first }] = heartbeats
    const keys = heartbeats.flatMap((heartbeat, i) => {
      const { keys: rows, part, ...rest } = heartbeat
      expect([part, rest]).toEqual([i + 1, first])
      expect(JSON.stringify(heartbeat).length).toBeLessThan(510_000)
      return (rows as { key: string }[]).map(({ key }) => key)
    })
    expect(first).toMatchObject({ parts: heartbeats.length, in: { events: 6000 } })
    expect(new Set(keys).size).toBe(6000)
    expect(keys).toHaveLength(6000)
  })

  it('has the length of the configured interval', () => {
    const { totals } = new Bench({ interval: 1000 }).take(event(1), event(2), event(2.1)).end()
    expect(totals.map(({ from, to, events_per_s: rate }) => [from, to, rate])).toEqual([
      [time(1), time(2), 1],
      [time(2), time(3), 2],
    ])
  })
})

describe('an event behind the newest stamp', () => {
  it('counts in its own second for ten seconds', () => {
    const { totals } = new Bench().take(event(9), event(19), event(9.5)).end()
    expect(totals.map(({ events, late }) => [events, late])).toEqual([
      [2, 0],
      [1, 0],
    ])
  })

  it('counts as late, and nowhere else, after that', () => {
    const { rows } = new Bench().take(event(9, ['a']), event(20, ['a']), event(9, ['a'])).end()
    expect(rows[2]).toMatchObject({ key: null, from: time(10), events: 0, late: 0 })
    rows.splice(2, 1)
    expect(rows.map(({ key, events, late }) => [key, events, late])).toEqual([
      [null, 1, 0],
      ['a', 1, 0],
      [null, 1, 1],
      ['a', 1, 1],
    ])
  })

  it('is not late because the stream stood still before it came', () => {
    const bench = new Bench().take({ kind: 'frame', clock: 1000 }, event(1))
    bench.take({ kind: 'frame', clock: 61_000 }, event(2), event(30), event(61))
    expect(bench.end().totals.map(({ events, late }) => [events, late])).toContainEqual([2, 0])
    expect(bench.totals.every(({ late }) => late === 0)).toBe(true)
  })

  /** An hour before, with serials that go on from one. */
  const backFrom = (serial: number, count: number): Item[] =>
    Array.from({ length: count }, (_, i) => event(-3600, [], { serial: serial + i }))

  it('begins no new time when one in time comes between', () => {
    const [first, second] = [2, 5000].map((serial) => backFrom(serial, SET_BACK_EVENTS - 1))
    const { totals } = new Bench()
      .take(event(1, [], { serial: 1 }), ...first, event(1, [], { serial: 4999 }), ...second)
      .end()
    expect(totals.map(({ events, late }) => [events, late])).toEqual([
      [2, 2 * (SET_BACK_EVENTS - 1)],
    ])
  })

  it('begins time anew in the same place after a restart', () => {
    const back = backFrom(2, SET_BACK_EVENTS - 1)
    const state = new Bench().take(event(1, [], { serial: 1 }), ...back).analyser.state()
    const { totals } = new Bench({}, state).take(...backFrom(2000, 1)).end()
    expect(totals.at(-1)).toMatchObject({ from: time(-3600), events: 1, late: 0 })
  })

  it('begins time anew when so many come in a row that the clock was set back', () => {
    const back = backFrom(2, SET_BACK_EVENTS)
    const { totals } = new Bench()
      .take(event(1, [], { serial: 1 }), ...back, event(-3599, [], { serial: 3000 }))
      .end()
    expect(totals.map(({ from, events, late }) => [from, events, late])).toEqual([
      [time(0), 1, SET_BACK_EVENTS - 1],
      [time(-3600), 2, 0],
    ])
  })

  it('begins no new time when a heap of old ones comes at the end of a stall', () => {
    const old = backFrom(2, 2 * SET_BACK_EVENTS)
    const { totals } = new Bench()
      .take(event(1, [], { serial: 9000 }), { kind: 'frame', clock: 30_000 }, ...old)
      .end()
    expect(totals.map(({ events, late }) => [events, late])).toEqual([[1, 2 * SET_BACK_EVENTS]])
  })

  it('begins time anew behind a boot that nobody told of, whose serials begin anew', () => {
    const bench = new Bench().take(event(1, [], { serial: 9000 }))
    const seconds = Array.from({ length: 20 }, (_, second) => second)
    for (const second of seconds)
      bench.take({ kind: 'frame', clock: 1000 * second }, ...backFrom(1 + 100 * second, 100))
    expect(bench.end().totals.at(-1)).toMatchObject({ from: time(-3600), late: 0 })
  })
})

describe('a quiet stream', () => {
  it('has heartbeats for empty intervals while its clock moves, for as long as it does', () => {
    const bench = new Bench().take({ kind: 'frame', clock: 5000 }, event(5))
    const hours = 2
    for (let clock = 10_000; clock <= hours * 3_600_000; clock += 10_000)
      bench.take({ kind: 'tick', clock })
    expect(bench.totals.slice(0, 3).map(({ from, events }) => [from, events])).toEqual([
      [time(0), 1],
      [time(10), 0],
      [time(20), 0],
    ])
    expect(bench.totals.length).toBeGreaterThan(hours * 360 - 5)
  })

  it('tells a silence that nobody ticked in, after an hour of it, in one', () => {
    const { totals } = new Bench().take(event(5), event(86_405)).end()
    expect(totals).toHaveLength(1 + QUIET_INTERVALS + 1 + 2)
    expect(totals.at(-3)).toMatchObject({
      from: time(10 + QUIET_INTERVALS * 10),
      to: time(86_390),
      events: 0,
    })
    expect(totals.at(-1)).toMatchObject({ from: time(86_400), events: 1 })
  })

  it('says nothing of the time before its first event', () => {
    expect(new Bench().take(event(5)).end().totals).toHaveLength(1)
  })
})

describe('a node that falls silent while others are not', () => {
  const busy = (from: number, to: number): Item[] =>
    Array.from({ length: to - from }, (_, i): Item[] => [
      { kind: 'frame', clock: (from + i) * 1000 },
      event(from + i, [], { node: 'b' }),
    ]).flat()

  it('has its quiet intervals', () => {
    const { totals } = new Bench().take(event(5, [], { node: 'a' }), ...busy(6, 66))
    const quiet = totals.filter(({ node }) => node === 'a')
    expect(quiet.map(({ from, events }) => [from, events])).toEqual([
      [time(0), 1],
      [time(10), 0],
      [time(20), 0],
      [time(30), 0],
      [time(40), 0],
    ])
  })

  it('is not silent while the writer of the stream stands still', () => {
    const bench = new Bench().take(event(5, [], { node: 'a' }), ...busy(6, 10))
    bench.take({ kind: 'frame', clock: 100_000 }, event(11, [], { node: 'b' }))
    bench.take({ kind: 'frame', clock: 100_100 }, event(12, [], { node: 'a' }))
    expect(bench.end().totals.every(({ late }) => late === 0)).toBe(true)
  })
})

describe('rejects', () => {
  it('count in the total row of the node that spoke last', () => {
    const { totals } = new Bench()
      .take(
        { kind: 'reject' },
        event(1, [], { node: 'a' }),
        { kind: 'reject' },
        { kind: 'frame', clock: 7 },
        { kind: 'reject' },
        event(1, [], { node: 'b' }),
      )
      .end()
    expect(totals.map(({ node, rejected }) => [node, rejected])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
  })

  it('wait for the clock to move on, over a restart too', () => {
    const first = new Bench().take({ kind: 'frame', clock: 7 }, event(1), { kind: 'reject' })
    const second = new Bench({}, first.analyser.state())
    second.analyser.accept(blockOf([event(15)], { clock: 7 }))
    expect(second.end().totals.map(({ from, rejected }) => [from, rejected])).toEqual([
      [time(0), 0],
      [time(10), 1],
    ])
  })

  it('that were delivered before are not counted again', () => {
    const bench = new Bench()
    const block = blockOf([event(1), { kind: 'reject' }, { kind: 'reject' }])
    bench.analyser.accept({ ...block, rejectsFrom: 1 })
    expect(bench.end().totals[0]['rejected']).toBe(1)
  })
})

describe('another boot', () => {
  it('ends the intervals of the last one and begins time anew', () => {
    const bench = new Bench()
    bench.analyser.accept(blockOf([event(5)], { epoch: 1, boot: 'first' }))
    bench.analyser.accept(blockOf([event(-500)], { epoch: 2, boot: 'second' }))
    expect(bench.end().totals.map(({ from, boot, late }) => [from, boot, late])).toEqual([
      [time(0), 'first', 0],
      [time(-500), 'second', 0],
    ])
  })

  it('is not begun by another epoch of the same boot', () => {
    const bench = new Bench()
    bench.analyser.accept(blockOf([event(5)], { epoch: 1, boot: 'first', clock: 900 }))
    bench.analyser.accept(blockOf([event(6), { kind: 'reject' }], { epoch: 2, boot: null }))
    bench.analyser.accept(blockOf([event(7)], { epoch: 2, boot: 'first' }))
    expect(bench.end().totals.map(({ events, rejected }) => [events, rejected])).toEqual([[3, 1]])
  })
})

it('a part of the stream that is read again, of an earlier boot, moves nothing', () => {
  const bench = new Bench()
  bench.analyser.accept(blockOf([event(5)], { epoch: 2, boot: 'second' }))
  bench.analyser.accept(blockOf([], { epoch: 1, boot: 'first' }))
  bench.analyser.accept(blockOf([event(6)], { epoch: 2, boot: 'second' }))
  expect(bench.end().totals.map(({ events, boot }) => [events, boot])).toEqual([[2, 'second']])
})

describe('memory', () => {
  it('is bounded: keys beyond the limit are counted together', () => {
    const keys = new Keys([], 2)
    expect([...keys.rowsOf('a\u0001b')]).toEqual([1, 2])
    expect([...keys.rowsOf('c\u0001d')]).toEqual([3])
    expect([...keys.rowsOf('a\u0001e')]).toEqual([1, 3])
    expect(keys.name(3)).toBe(OTHER)
  })

  it('is bounded: nodes beyond the limit are counted together', () => {
    const items = Array.from({ length: MAX_NODES + 5 }, (_, i) => event(1, [], { node: `n${i}` }))
    const { totals } = new Bench().take(...items).end()
    expect(totals).toHaveLength(MAX_NODES + 1)
    expect(totals.at(-1)).toMatchObject({ node: OTHER, events: 5 })
  })

  it('of another interval or version is not taken up', () => {
    const state = new Bench().take(event(1)).analyser.state()
    expect(new Bench({ interval: 1000 }, state).end().rows).toEqual([])
    expect(new Bench({}, { ...state, version: 0 }).end().rows).toEqual([])
    expect(new Bench({}, state).end().rows).toHaveLength(2)
  })
})
