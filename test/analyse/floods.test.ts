import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { Bench, type Item } from './blocks.ts'

const T = 1_700_000_000

/** `entries` entries of a key in one second, in events of ten. */
function second(at: number, entries: number, key = 'exec', node?: string): Item[] {
  return Array.from({ length: entries / 10 }, () => ({
    kind: 'event',
    at: T + at,
    keys: key === '' ? [] : [key],
    records: 9,
    eoe: 1,
    ...(node === undefined ? {} : { node }),
  }))
}
/** The same in each of the seconds `from … to`. */
function seconds(from: number, to: number, entries: number, key = 'exec'): Item[] {
  return Array.from({ length: to - from + 1 }, (_, i) => second(from + i, entries, key)).flat()
}
const kinds = (bench: Bench): unknown[] =>
  bench.alerts.map(({ type, evidence }) => [type, (evidence as Message)['key']])
const time = (at: number): string => new Date((T + at) * 1000).toISOString()

/** Four seconds of little, from which on a flood is seen. */
const before = (key = 'exec'): Item[] => seconds(1, 4, 20, key)

describe('a flood', () => {
  it('is told 200 ms after the second in which it is sure, with what it is known by', () => {
    const bench = new Bench().take(...before(), ...seconds(5, 6, 12_000), ...second(7.199, 10))
    expect(bench.alerts).toEqual([])
    bench.take(...second(7.2, 10))
    expect(bench.alerts).toEqual([
      {
        type: 'flood.start',
        v: 1,
        time: time(7),
        node: 'web-01',
        severity: 'warning',
        dedup_key: 'flood/web-01/exec',
        status: 'firing',
        starts_at: time(5),
        ends_at: null,
        text:
          'Events with rule key "exec" on web-01 make 12,000 records a second, usually 20 and at ' +
          'most 20, 30 % of what can be drained, assumed to be 40,000: narrow its rules ' +
          "(auditctl -l -k exec) before the kernel's backlog overflows.",
        evidence: {
          key: 'exec',
          rules: null,
          events_per_s: 1200,
          entries_per_s: 12_000,
          peak_entries_per_s: 12_000,
          worst_entries_per_s: 8000,
          share: 1,
          usual_per_s: 20,
          usual_peak_per_s: 20,
          bar_per_s: 12_000 / 2,
          why: 'peak',
          drain_per_s: 40_000,
          drain_measured: false,
          drain_share: 0.3,
          seconds: 2,
          events: 2400,
          entries: 24_000,
          origins: null,
        },
        runbook: 'docs/operating.md#floodstart',
      },
    ])
  })

  it('is over after ten calm seconds, and its sums leave those out', () => {
    const bench = new Bench().take(...before(), ...seconds(5, 8, 3000), ...seconds(9, 25, 10))
    expect(kinds(bench)).toEqual([
      ['flood.start', 'exec'],
      ['flood.end', 'exec'],
    ])
    expect(bench.alerts[1]).toMatchObject({
      severity: 'info',
      dedup_key: 'flood/web-01/exec',
      status: 'resolved',
      starts_at: time(5),
      ends_at: time(9),
      time: time(9),
      evidence: { seconds: 4, entries: 12_000, peak_entries_per_s: 3000, over: 'calm' },
    })
  })

  it('is over with ticks alone', () => {
    const bench = new Bench().take(
      { kind: 'frame', clock: 1000 },
      ...before(),
      ...seconds(5, 8, 3000),
    )
    bench.take({ kind: 'frame', clock: 1000 }, ...second(9, 10))
    bench.take({ kind: 'tick', clock: 14_000 })
    expect(kinds(bench)).toEqual([['flood.start', 'exec']])
    bench.take({ kind: 'tick', clock: 21_000 })
    expect(kinds(bench).at(-1)).toEqual(['flood.end', 'exec'])
  })

  it('is over with the stream', () => {
    const bench = new Bench().take(...before(), ...seconds(5, 8, 3000)).end()
    expect(bench.alerts.at(-1)).toMatchObject({ type: 'flood.end', evidence: { over: 'stream' } })
  })

  it('is told again, under the same dedup_key, when it is worse', () => {
    const bench = new Bench().take(...before(), ...seconds(5, 16, 32_000))
    expect(bench.alerts.map(({ type, severity, dedup_key: key }) => [type, severity, key])).toEqual(
      [
        ['flood.start', 'warning', 'flood/web-01/exec'],
        ['flood.worse', 'critical', 'flood/web-01/exec'],
      ],
    )
  })
})

function textOf(key: string): unknown {
  return new Bench().take(...before(key), ...seconds(5, 8, 2000, key)).alerts[0]['text']
}

describe('the text of a flood', () => {
  it('says what to do about events without a key', () => {
    expect(textOf('')).toContain('Events without a rule key on web-01 make 2,000 records a second')
  })

  it('quotes a key for the shell', () => {
    expect(textOf("a key's $(x)")).toContain(`(auditctl -l -k 'a key'\\''s $(x)')`)
  })
})

it('watches each node by itself', () => {
  const items = [1, 2, 3, 4, 5, 6, 7].flatMap((at) => [
    ...second(at, at < 4 ? 10 : 2000, 'a', 'n1'),
    ...second(at, at < 4 ? 10 : 9000, 'b', 'n2'),
  ])
  const { alerts } = new Bench().take(...items)
  expect(alerts).toHaveLength(2)
  const found = new Set(alerts.map(({ dedup_key: key }) => key))
  expect(found).toEqual(new Set(['flood/n1/a', 'flood/n2/b']))
})
