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

describe('a flood', () => {
  it('is told 200 ms after the second in which it is sure', () => {
    const bench = new Bench().take(...seconds(1, 2, 2000), ...second(3.199, 2000))
    expect(bench.alerts).toEqual([])
    bench.take(...second(3.2, 10))
    expect(bench.alerts).toEqual([
      {
        type: 'flood.start',
        v: 1,
        time: time(3),
        node: 'web-01',
        severity: 'warning',
        dedup_key: 'flood/web-01/exec',
        status: 'firing',
        starts_at: time(1),
        ends_at: null,
        text:
          'Events with rule key "exec" on web-01 make 2000 records a second, 100 % of all and ' +
          "usually 0: narrow its rules (auditctl -l -k exec) before the kernel's backlog overflows.",
        evidence: {
          key: 'exec',
          events_per_s: 200,
          entries_per_s: 2000,
          peak_entries_per_s: 2000,
          share: 1,
          usual_per_s: 0,
          seconds: 2,
          events: 400,
          entries: 4000,
        },
        runbook: 'docs/operating.md#floodstart',
      },
    ])
  })

  it('is over after five calm seconds, and its sums leave those out', () => {
    const bench = new Bench().take(...seconds(1, 4, 3000), ...seconds(5, 20, 10))
    expect(kinds(bench)).toEqual([
      ['flood.start', 'exec'],
      ['flood.end', 'exec'],
    ])
    expect(bench.alerts[1]).toMatchObject({
      severity: 'info',
      dedup_key: 'flood/web-01/exec',
      status: 'resolved',
      starts_at: time(1),
      ends_at: time(5),
      time: time(5),
      evidence: { seconds: 4, entries: 12_000, peak_entries_per_s: 3000 },
    })
  })

  it('goes on over a shorter calm', () => {
    const bench = new Bench()
      .take(...seconds(1, 4, 3000), ...seconds(5, 8, 10), ...seconds(9, 12, 3000))
      .end()
    expect(kinds(bench)).toEqual([
      ['flood.start', 'exec'],
      ['flood.end', 'exec'],
    ])
    expect(bench.alerts[1]).toMatchObject({ evidence: { seconds: 12, entries: 24_040 } })
  })

  it('is calm below half of what it needed to begin, which is eight times the usual', () => {
    const usual = seconds(0, 299, 300)
    const still = new Bench().take(...usual, ...seconds(300, 303, 4000), ...seconds(304, 320, 1300))
    const over = new Bench().take(...usual, ...seconds(300, 303, 4000), ...seconds(304, 320, 1100))
    expect(kinds(still)).toEqual([['flood.start', 'exec']])
    expect(kinds(over)).toEqual([
      ['flood.start', 'exec'],
      ['flood.end', 'exec'],
    ])
  })

  it('is judged by a level that silence lowers', () => {
    const usual = seconds(0, 299, 300)
    const bench = new Bench().take(...usual, ...seconds(3900, 3903, 1500))
    expect(kinds(bench)).toEqual([['flood.start', 'exec']])
  })

  it('is over with ticks alone', () => {
    const bench = new Bench().take({ kind: 'frame', clock: 1000 }, ...seconds(1, 4, 3000))
    bench.take({ kind: 'frame', clock: 1000 }, ...second(4, 10))
    bench.take({ kind: 'tick', clock: 14_000 })
    expect(kinds(bench).at(-1)).not.toEqual(['flood.end', 'exec'])
    bench.take({ kind: 'tick', clock: 21_000 })
    expect(kinds(bench).at(-1)).toEqual(['flood.end', 'exec'])
  })

  it('is over with the stream', () => {
    const bench = new Bench().take(...seconds(1, 4, 3000)).end()
    expect(kinds(bench).at(-1)).toEqual(['flood.end', 'exec'])
  })

  it('is critical when it fills the usual backlog in a second', () => {
    const bench = new Bench().take(...seconds(1, 4, 8200))
    expect(bench.alerts.map(({ severity }) => severity)).toEqual(['critical'])
  })
})

function calm(...items: Item[]): void {
  expect(new Bench().take(...items).end().alerts).toEqual([])
}

describe('no flood is', () => {
  it('a single hot second', () => calm(...second(1, 5000), ...seconds(2, 5, 10)))
  it('anything below a thousand entries a second', () => calm(...seconds(1, 20, 990)))
  it('less than half of all', () => {
    const mixed = [1, 2, 3, 4].flatMap((at) =>
      ['a', 'b', 'c'].flatMap((key) => second(at, 2000, key)),
    )
    calm(...mixed)
  })
  it('less than eight times the usual', () => {
    calm(...[...Array(300).keys()].flatMap((at) => second(at, 300)), ...seconds(300, 305, 2000))
  })
})

function textOf(key: string): unknown {
  return new Bench().take(...seconds(1, 4, 2000, key)).alerts[0]['text']
}

describe('the text of a flood', () => {
  it('says what to do about events without a key', () => {
    expect(textOf('')).toContain('Events without a rule key on web-01 make 2000 records a second')
  })

  it('quotes a key for the shell', () => {
    expect(textOf("a key's $(x)")).toContain(`(auditctl -l -k 'a key'\\''s $(x)')`)
  })
})

it('watches each node by itself', () => {
  const items = [1, 2, 3, 4].flatMap((at) => [
    ...second(at, 2000, 'a', 'n1'),
    ...second(at, 9000, 'b', 'n2'),
  ])
  const { alerts } = new Bench().take(...items)
  expect(alerts).toHaveLength(2)
  const found = new Set(alerts.map(({ dedup_key: key }) => key))
  expect(found).toEqual(new Set(['flood/n1/a', 'flood/n2/b']))
})
