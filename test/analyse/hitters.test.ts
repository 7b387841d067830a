import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CounterTable, KEPT, ROOM } from '../../src/analyse/origins/counters.ts'
import { Hitters, LEAST_ENTRIES, LEAST_SHARE } from '../../src/analyse/origins/hitters.ts'
import { Facets, Sought } from '../../src/analyse/origins/sought.ts'
import type { Block } from '../../src/model/delivery.ts'
import { callOf } from '../../src/model/origins.ts'
import { blockOf, type Item } from './blocks.ts'

const T = 1_700_000_000
/** Of each event its origin as a whole, call, program, user, path and parent. */
const WEIGHT = 6

type Made = Extract<Item, { kind: 'event' }>

/** Adds all events of a block, each to the row of its key list. */
function add(hitters: Hitters, { runs }: Block, number = 1): void {
  for (const run of runs)
    for (let at = run.from; at < run.to; at++) {
      const event = run.result.order[at]
      const { records, eoe, keySet } = run.result.events
      hitters.add(
        run,
        number,
        event,
        Uint32Array.of(1 + keySet[event]),
        records[event] + eoe[event],
      )
    }
}

/** Exact counts of a facet, by row and name. */
function exactly(items: readonly Made[], nameOf: (item: Made) => string): Map<string, number> {
  const sets: string[] = []
  const exact = new Map<string, number>()
  for (const item of items) {
    const set = (item.keys ?? []).join()
    if (!sets.includes(set)) sets.push(set)
    const name = `${sets.indexOf(set) + 1} ${nameOf(item)}`
    exact.set(name, (exact.get(name) ?? 0) + (item.records ?? 1) + (item.eoe ?? 0))
  }
  return exact
}

/** What a table says of a facet, by row and name. */
function found(table: CounterTable, facet: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { facet: of, row, number, text, count } of table) {
    if (of !== facet) continue
    const name = text.length > 0 ? Buffer.from(text).toString().slice(1) : String(number)
    counts.set(`${row} ${name}`, count)
  }
  return counts
}

const events = fc
  .array(
    fc.record({
      // Few that come often, and many that come once.
      program: fc.oneof(fc.nat(3), fc.nat(2000)).map((n) => `/usr/bin/p${n}`),
      path: fc.oneof(
        fc.constant('/tmp/x'),
        fc.nat(3000).map((n) => `/srv/${n}`),
      ),
      user: fc.nat(20),
      call: fc.nat(40).map((n) => callOf(0xc000003e, n)),
      parent: fc.integer({ min: 1, max: 5000 }),
      key: fc.nat(2),
      // So that a 256th of all comes to more than what a counter needs at least.
      records: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90 })),
    }),
    { minLength: 1, maxLength: 400, size: 'max' },
  )
  // The same again and again, so that more comes than there is room for.
  .chain((some) =>
    fc.integer({ min: 1, max: 4 }).map((times) => Array(times).fill(some).flat() as typeof some),
  )
  .map((all) =>
    all.map(({ key, ...one }): Made => ({ kind: 'event', at: T, keys: [`k${key}`], ...one })),
  )

const FACETS: readonly (readonly [number, (item: Made) => string])[] = [
  [Facets.Program, ({ program }) => program ?? ''],
  [Facets.Path, ({ path }) => path ?? ''],
  [Facets.User, ({ user }) => String(user)],
  [Facets.Call, ({ call }) => String(call)],
  [Facets.Parent, ({ parent }) => String(parent)],
]

describe('heavy hitters', () => {
  it('are never counted too high, and too low by no more than the error, which keeps its bound', () => {
    let crowded = 0
    let above = 0
    fc.assert(
      fc.property(events, (items) => {
        const hitters = new Hitters()
        add(hitters, blockOf(items))
        const { table } = hitters
        const all = items.reduce((sum, { records = 1 }) => sum + records, 0)
        expect(table.size).toBeLessThanOrEqual(ROOM)
        const { error } = hitters
        const least = Math.max(LEAST_ENTRIES, all * LEAST_SHARE)
        expect(error).toBeLessThanOrEqual(least + (WEIGHT * all) / (KEPT + 1))
        if (table.size > 100) crowded++
        const below = exactly(items, ({ path = '' }) => path.slice(0, path.lastIndexOf('/')))
        for (const [name, count] of found(table, Facets.Above)) {
          let own = 0
          for (const [path, some] of found(table, Facets.Path))
            if (path.startsWith(`${name}/`)) own += some
          expect(own + count).toBeLessThanOrEqual(below.get(name) ?? 0)
          above++
        }
        for (const [facet, nameOf] of FACETS) {
          const exact = exactly(items, nameOf)
          const counts = found(table, facet)
          for (const [name, count] of exact) {
            expect(counts.get(name) ?? 0).toBeLessThanOrEqual(count)
            expect(counts.get(name) ?? 0).toBeGreaterThanOrEqual(count - error)
          }
          for (const name of counts.keys()) expect(exact.has(name)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
    expect(crowded).toBeGreaterThan(10)
    expect(above).toBeGreaterThan(10)
  })

  it('keep the bound when tables are added up', () => {
    fc.assert(
      fc.property(events, events, (some, others) => {
        const sum = new CounterTable()
        let all = 0
        for (const items of [some, others]) {
          const hitters = new Hitters()
          add(hitters, blockOf(items))
          sum.addAll(hitters.table, 0)
          all += items.reduce((n, { records = 1 }) => n + records, 0)
        }
        expect(sum.error).toBeLessThanOrEqual((WEIGHT * all) / (KEPT + 1))
        expect(sum.size).toBeLessThanOrEqual(ROOM)
      }),
      { numRuns: 50 },
    )
  })

  it('are the same however the stream is cut, and after a restart', () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(1600), { maxLength: 5 }), (items, cuts) => {
        const whole = new Hitters()
        add(whole, blockOf(items))
        let parts = new Hitters()
        const places = [...cuts, items.length].toSorted((a, b) => a - b)
        // Rows go by the number of the key list, so that each part begins with all of them.
        const all = [...new Set(items.map(({ keys = [] }) => keys.join()))]
        let from = 0
        let number = 0
        for (const to of places) {
          const part = items.slice(from, to)
          from = Math.max(from, Math.min(to, items.length))
          const block = blockOf(part)
          for (const run of block.runs) {
            const { keySet } = run.result.events
            const sets = run.result.keySets.map((set) => all.indexOf(set))
            for (let at = run.from; at < run.to; at++) {
              const event = run.result.order[at]
              const row = 1 + sets[keySet[event]]
              parts.add(run, number, event, Uint32Array.of(row), run.result.events.records[event])
            }
          }
          number++
          parts = new Hitters(parts.state())
        }
        const sorted = (hitters: Hitters): unknown[] =>
          hitters.table
            .state()
            .counters.map((one) => one.join())
            .toSorted()
        expect(sorted(parts)).toEqual(sorted(whole))
        expect(parts.error).toBe(whole.error)
      }),
      { numRuns: 60 },
    )
  })

  it('find one program among a million others, in bounded memory', () => {
    const PER_BLOCK = 20_000
    const items = Array.from({ length: PER_BLOCK }, (_, n): Made => {
      const program = n % 10 === 0 ? '/usr/bin/flood' : `/tmp/${String(n).padStart(8, '0')}`
      return { kind: 'event', at: T, keys: ['k'], program, parent: 1 + n }
    })
    const block = blockOf(items)
    const { batch, result } = block.runs[0]
    const { texts } = result
    const hitters = new Hitters()
    for (let made = 0; made < 1_000_000; made += PER_BLOCK) {
      for (let n = 0; n < PER_BLOCK; n++) {
        if (n % 10 === 0) continue
        const name = Buffer.from(String(made + n).padStart(8, '0'))
        const text = result.events.program[n]
        batch.bytes.set(name, texts.end[text] - 8)
        texts.hash[text] = crc32(batch.bytes.subarray(texts.start[text], texts.end[text]))
      }
      add(hitters, block, made)
      expect(hitters.table.size).toBeLessThanOrEqual(ROOM)
    }
    const [[name, count]] = [...found(hitters.table, Facets.Program)].toSorted(
      ([, a], [, b]) => b - a,
    )
    expect(name).toBe('1 /usr/bin/flood')
    expect(count).toBeGreaterThanOrEqual(100_000 - hitters.error)
    expect(hitters.error).toBeLessThan(1_000_000 * 0.03)
    expect(JSON.stringify(hitters.state()).length).toBeLessThan(200_000)
  })

  it('forget how far counts of a row may be off by chance once that is little', () => {
    const table = new CounterTable()
    table.vary(1, 100)
    table.vary(2, 1_000_000)
    for (let n = 0; n < 5; n++) table.halve()
    expect([...table.variances.keys()]).toEqual([2])
  })

  it('have no room for more than there is, whatever is heavy', () => {
    const table = new CounterTable()
    const sought = new Sought()
    const put = (number: number, count: number): void => {
      sought.setNumber(Facets.Parent, 1, number, number % 97)
      table.get(sought).count += count
    }
    let all = 0
    for (let n = 0; n < 5000; n++) {
      const weight = n % 7 === 0 ? 50 : 1 + (n % 3)
      put(n % 7 === 0 ? 7 : n, weight)
      all += weight
      expect(table.size).toBeLessThanOrEqual(ROOM)
    }
    expect(table.error).toBeGreaterThan(0)
    expect(table.error).toBeLessThanOrEqual(all / (KEPT + 1))
    const heavy = [...table].find(({ number }) => number === 7)?.count ?? 0
    expect(heavy).toBeLessThanOrEqual(50 * Math.ceil(5000 / 7))
    expect(heavy).toBeGreaterThanOrEqual(50 * Math.ceil(5000 / 7) - table.error)
  })
})
