import { afterEach, describe, expect, it, vi } from 'vitest'
import { MOST_NODES, MOST_ORIGINS } from '../../src/analyse/rates/busiest.ts'
import { History } from '../../src/analyse/rates/history.ts'
import { MOST_KEYS } from '../../src/analyse/rates/recent.ts'
import type { AnalyserState } from '../../src/analyse/state.ts'
import { Bench, cut, type Item } from './blocks.ts'

const T = 1_700_000_000
const rsync = { program: '/usr/bin/rsync', path: '/srv/data', user: 1000, parent: 77 }
const cron = { program: '/usr/sbin/cron', path: '/etc/cron.d', user: 0, parent: 1 }

type Made = Omit<Extract<Item, { kind: 'event' }>, 'kind' | 'at'>

/** `n` events of ten entries in each of the seconds `from … to`. */
function made(from: number, to: number, n: number, of: Made): Item[] {
  const one = { kind: 'event', records: 9, eoe: 1, ...of } as const
  return Array.from({ length: to - from }, (_, second) =>
    Array.from({ length: n }, (): Item => ({ ...one, at: T + from + second })),
  ).flat()
}
/** Ends the seconds before. */
const end = (second: number): Item => ({ kind: 'event', at: T + second + 0.3, keys: ['end'] })

afterEach(() => vi.restoreAllMocks())

describe('the busiest', () => {
  it('are the nodes and keys with most entries in the last minute, the busiest first', () => {
    const items = [
      ...made(0, 1, 30, { node: 'db-01', keys: ['once'] }),
      ...made(0, 1, 2, { node: 'web-02', keys: ['some'] }),
      ...made(0, 1, 1, { node: 'web-02', keys: ['few'] }),
      end(1),
    ]
    const { rates } = new Bench().take(...items).analyser.busiest
    expect(rates.map(({ node }) => node)).toEqual(['db-01', 'web-02', 'web-01'])
    expect(rates[1].rows.map(({ key }) => key)).toEqual([null, 'some', 'few'])
  })

  it('are reckoned for so many nodes and keys, however many there are', () => {
    const items = Array.from({ length: 300 }, (_, i): Item[] => {
      const node = `n${i}`
      const keys = Array.from({ length: 40 }, (__, key) =>
        made(0, 1, 1, { node, keys: [`k${key}`], records: i + key }),
      )
      return [...keys.flat(), { ...end(1), node } as Item]
    }).flat()
    const bench = new Bench().take(...items)
    const rates = vi.spyOn(History.prototype, 'rates')
    const found = bench.analyser.busiest.rates
    expect(found.map(({ node }) => node)).toEqual(
      Array.from({ length: MOST_NODES }, (_, i) => `n${299 - i}`),
    )
    for (const { rows } of found)
      expect(rows.map(({ key }) => key)).toEqual([
        null,
        ...Array.from({ length: MOST_KEYS }, (_, i) => `k${39 - i}`),
      ])
    expect(rates).toHaveBeenCalledTimes(MOST_NODES * (MOST_KEYS + 1))
  })
})

describe('who makes the busiest keys', () => {
  const items = [
    ...made(0, 5, 90, { keys: ['reads'], ...rsync }),
    ...made(0, 5, 10, { keys: ['reads'], ...cron }),
    ...made(0, 5, 3, { keys: ['quiet'], ...cron }),
    ...made(0, 5, 20, { node: 'db-01', keys: ['reads'], ...cron }),
    end(5),
    { ...end(5), node: 'db-01' } as Item,
  ]

  it('is told of each node apart, whether or not it is usual', () => {
    const { origins } = new Bench().take(...items).analyser.busiest
    expect(origins.map(({ node, key }) => [node, key])).toEqual([
      ['web-01', 'reads'],
      ['db-01', 'reads'],
    ])
    const [{ until, culprits }] = origins
    expect(until).toBe(T + 5)
    const [first, second] = culprits.program
    expect([first.name, second.name]).toEqual(['/usr/bin/rsync', '/usr/sbin/cron'])
    expect(first.share).toBeLessThanOrEqual(0.9)
    expect(first.share + first.error).toBeGreaterThanOrEqual(0.9)
    expect(culprits.together[0]).toMatchObject({
      program: '/usr/bin/rsync',
      user: 'auid 1000',
      call: 'openat',
      path: '/srv/data',
    })
  })

  it('is the same however the stream was cut, and after a restart', () => {
    const whole = new Bench().take(...items).analyser.busiest
    const parts = new Bench()
    for (const block of cut(items, [7, 100, 101, 400])) parts.analyser.accept(block)
    expect(parts.analyser.busiest).toEqual(whole)
    const state = JSON.parse(JSON.stringify(parts.analyser.state())) as AnalyserState
    expect(new Bench({}, state).analyser.busiest).toEqual(whole)
  })

  it('is told of the ten busiest keys, and of none once nothing comes', () => {
    const keys = Array.from({ length: 30 }, (_, i) =>
      made(0, 3, 20 + i, { keys: [`k${i}`], ...rsync }),
    ).flat()
    const bench = new Bench().take({ kind: 'frame', clock: 1000 }, ...keys, end(3))
    expect(bench.analyser.busiest.origins.map(({ key }) => key)).toEqual(
      Array.from({ length: MOST_ORIGINS }, (_, i) => `k${29 - i}`),
    )
    bench.take({ kind: 'tick', clock: 31_000 })
    expect(bench.analyser.busiest.origins).toEqual([])
  })
})
