import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import { Bench, type Item } from './blocks.ts'

const T = 1_700_000_040
/** `n` events of two records and an EOE in each of some seconds. */
function seconds(from: number, to: number, n: number, key = 'exec'): Item[] {
  return Array.from({ length: to - from }, (_, second) =>
    Array.from(
      { length: n },
      (): Item => ({
        kind: 'event',
        at: T + from + second,
        keys: [key],
        records: 2,
        eoe: 1,
        bytes: 50,
      }),
    ),
  ).flat()
}
/** The windows of a key, by their length in seconds, and up to which second they reach. */
function windows(bench: Bench, key: string | null = 'exec'): Record<string, unknown>[] {
  const [{ rows }] = bench.analyser.busiest.rates
  return (rows.find((row) => row.key === key)?.windows ?? []) as unknown as Record<
    string,
    unknown
  >[]
}

describe('rates over the last seconds', () => {
  it('are those of the last second, ten, a minute and a quarter of an hour', () => {
    const bench = new Bench().take(
      ...seconds(0, 1000, 1),
      ...seconds(1000, 1060, 2),
      ...seconds(1060, 1070, 4),
      ...seconds(1070, 1071, 8),
      { kind: 'event', at: T + 1071.5, keys: ['net'] },
    )
    const [one, ten, minute, quarter] = windows(bench)
    expect(one).toMatchObject({ seconds: 1, events_per_s: 8, entries_per_s: 24, bytes_per_s: 400 })
    expect(ten).toMatchObject({ seconds: 10, events_per_s: 4.4, peak_entries_per_s: 24 })
    expect(minute).toMatchObject({ peak_entries_per_s: 24, p50_entries_per_s: 6 })
    expect(minute['seconds']).toBeGreaterThanOrEqual(60)
    expect(minute['seconds']).toBeLessThan(70)
    expect(quarter).toMatchObject({ peak_entries_per_s: 24, p50_entries_per_s: 3 })
    expect(quarter['seconds']).toBeGreaterThanOrEqual(900)
    expect(quarter['seconds']).toBeLessThan(960)
    expect(windows(bench, null)).toEqual(windows(bench))
  })

  it('are over the seconds there were, after a start', () => {
    const bench = new Bench().take(...seconds(0, 5, 3), {
      kind: 'event',
      at: T + 5.5,
      keys: ['net'],
    })
    for (const window of windows(bench).slice(1))
      expect(window).toMatchObject({ seconds: 5, events_per_s: 3 })
  })

  it('fall when nothing comes any more, as far as time is told', () => {
    const bench = new Bench().take({ kind: 'frame', clock: 1000 }, ...seconds(0, 5, 3))
    for (let clock = 11_000; clock <= 91_000; clock += 10_000) bench.take({ kind: 'tick', clock })
    const [one, ten, minute, quarter] = windows(bench)
    for (const window of [one, ten, minute]) expect(window).toMatchObject({ events_per_s: 0 })
    expect(quarter).toMatchObject({ peak_entries_per_s: 9, p50_entries_per_s: 0 })
    expect(quarter['events_per_s']).toBeGreaterThan(0)
  })

  it('count a late event of an open second, and go on after a restart', () => {
    const first = new Bench().take(...seconds(0, 100, 2))
    first.take(...seconds(95, 96, 5))
    const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
    const second = new Bench({}, state)
    expect(second.analyser.busiest).toEqual(first.analyser.busiest)
    expect(windows(second)[1]).toMatchObject({ peak_entries_per_s: 21 })
  })

  it('are told of no node before its time begins', () => {
    expect(new Bench().analyser.busiest.rates).toEqual([])
    expect(new Bench().take(...seconds(0, 5, 1)).end().analyser.busiest.rates).toEqual([])
  })
})
