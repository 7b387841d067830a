import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import type { Hole } from '../../src/analyse/stream/stream.ts'
import type { Block, Message } from '../../src/model/delivery.ts'
import { Bench, cut, type Item, lineOf } from './blocks.ts'
import { NOON, Stage, syscall } from './stage.ts'

const T = 1_700_000_000

/** Serials in a row that did not come, as alerts and heartbeats tell them. */
interface Range {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly before: string
  readonly after: string
  readonly why: string | null
}

const event = (at: number, serial: number, more: object = {}): Item => ({
  kind: 'event',
  at: T + at,
  serial,
  ...more,
})
const time = (at: number): string => new Date((T + at) * 1000).toISOString()

/** A hole before the item of this number. */
function holeBefore(items: readonly Item[], index: number, why = 'spool.dropped'): Hole {
  const bytes = items
    .slice(0, index)
    .reduce((sum, item) => sum + (item.kind === 'event' ? lineOf(item) : 0), 0)
  return { at: { epoch: 1, place: bytes }, why, lines: 7, bytes: 700 }
}

/** Takes blocks, with each hole told before what follows it comes. */
function feed(bench: Bench, blocks: readonly Block[], holes: readonly Hole[]): void {
  for (const block of blocks) {
    const end = block.batch.marks[2] + block.batch.length
    for (const hole of holes) if (hole.at.place < end) bench.analyser.miss(hole)
    bench.analyser.accept(block)
  }
}

const gapsIn = (alerts: readonly Message[]): Message[] =>
  alerts.filter(({ type }) => type === 'stream.gap')
const evidenceOf = (alert: Message): Message => alert['evidence'] as Message
const rangesIn = (alerts: readonly Message[]): Range[] =>
  gapsIn(alerts).flatMap((alert) => evidenceOf(alert)['ranges'] as Range[])
const sum = (numbers: readonly unknown[]): number =>
  numbers.reduce<number>((total, number) => total + Number(number), 0)

/** What a stall of 30 s kept comes at once, with one record alone in it, which only time closes; then events or silence. */
function stalled(lone: readonly string[], then: 'events' | 'silence'): Stage {
  const stage = new Stage()
  const at = (second: number, lines: readonly string[]): string[] =>
    lines.map((line) => line.replaceAll('@', (NOON / 1000 + second).toFixed(3)))
  const kept = Array.from({ length: 30 }, (_, second) => [
    ...at(second, syscall(100 + 2 * second)),
    ...(second === 3 ? at(second, lone) : at(second, syscall(101 + 2 * second))),
  ])
  stage.come(30, ...kept.flat())
  if (then === 'silence') return stage.wait(32.5, 62.5)
  for (let second = 31; second < 60; second++) stage.come(second, ...syscall(129 + second))
  return stage
}

describe('an alert about a gap', () => {
  it.each(['events', 'silence'] as const)(
    'does not take for missing what closes last of what a stall kept, with %s after it',
    (then) => {
      const lone =
        'type=SECCOMP msg=audit(@:107): auid=1 uid=1 gid=1 ses=1 pid=1 comm="x" exe="/x" sig=0 arch=c000003e syscall=1 compat=0 ip=0x1 code=0x7ffc0000'
      expect(stalled([lone], then).of('stream.gap')).toEqual([])
      expect(rangesIn(stalled([], then).of('stream.gap'))).toMatchObject([{ from: 107, to: 107 }])
    },
  )

  it('names the serials that are missing, and the events around them', () => {
    const items = [event(0, 10), event(1, 11), event(2.5, 20), event(3, 15), event(30, 21)]
    const { alerts } = new Bench().take(...items).end()
    expect(gapsIn(alerts)).toHaveLength(1)
    expect(gapsIn(alerts)[0]).toMatchObject({
      type: 'stream.gap',
      node: 'web-01',
      severity: 'critical',
      status: 'firing',
      starts_at: time(1),
      ends_at: time(3),
      evidence: {
        boot: null,
        missing: 7,
        known: 0,
        ranges: [
          { from: 12, to: 14, count: 3, before: time(1), after: time(3), why: null },
          { from: 16, to: 19, count: 4, before: time(3), after: time(2.5), why: null },
        ],
        more: 0,
      },
    })
  })

  it('comes 10 s of stream time after the gap, and at most every 10 s', () => {
    const lossy = Array.from({ length: 60 }, (_, n) => event(n, 10 + 3 * n))
    const bench = new Bench().take(event(-1, 7), ...lossy, event(75, 188))
    const alerts = gapsIn(bench.alerts)
    expect(alerts.map(({ starts_at: from }) => from)).toEqual(
      [-1, 0, 10, 20, 30, 40, 50].map(time).slice(0, alerts.length),
    )
    expect(sum(bench.end().alerts.map((alert) => evidenceOf(alert)['missing']))).toBe(120)
  })

  it('lists twenty ranges of a second that makes thousands, and sums up all', () => {
    const lossy = Array.from({ length: 3000 }, (_, n) => event(1 + n / 4000, 10 + 2 * n))
    const [alert] = gapsIn(new Bench().take(...lossy, event(20, 6010)).end().alerts)
    expect(evidenceOf(alert)).toMatchObject({ missing: 2999, more: 2979 })
    expect(evidenceOf(alert)['ranges']).toHaveLength(20)
  })

  it('is not made for a node that boots, nor by records of auditd itself', () => {
    const items = [event(0, 5000), event(1, 1, { daemon: true, type: 1200 }), event(2, 5001)]
    const first = cut(items, [])
    const bench = new Bench()
    first[0].batch.boot = 'one'
    bench.analyser.accept(first[0])
    const [second] = cut([event(30, 3), event(31, 4)], [])
    second.batch.boot = 'two'
    second.batch.epoch = 2
    bench.analyser.accept(second)
    expect(gapsIn(bench.end().alerts)).toEqual([])
  })
})

describe('the reason of a gap', () => {
  const whyOf = (items: readonly Item[], holes: readonly Hole[]): (string | null)[] => {
    const bench = new Bench()
    feed(bench, cut(items, []), holes)
    return rangesIn(bench.end().alerts).map(({ why }) => why)
  }
  const items = [event(0, 10), event(1, 20), event(2, 30)]

  it('is an announced hole that lies there', () => {
    expect(whyOf(items, [holeBefore(items, 1)])).toEqual(['spool.dropped', null])
    expect(whyOf(items, [holeBefore(items, 2, 'spool.died')])).toEqual([null, 'spool.died'])
  })

  it('is a start of auditd, for what is missing until one second after it', () => {
    const restart = event(1, 700, { daemon: true, type: 1200 })
    const more = [event(0, 10), restart, event(1, 20), event(1.5, 30), event(3, 31), event(4, 40)]
    expect(whyOf(more, [])).toEqual(['auditd.restarted', 'auditd.restarted', null])
  })

  it('is another shim where the last one left without a loss of its own', () => {
    const bench = new Bench().take(event(0, 10))
    const [next] = cut([event(1, 20), event(2, 30)], [])
    next.batch.epoch = 2
    bench.analyser.accept(next)
    const whys = rangesIn(bench.end().alerts).map(({ why }) => why)
    expect(whys).toEqual(['shim.restarted', null])
  })
})

/** Events of one node, some of which do not come, a little out of order. */
const lossy = fc
  .array(
    fc.record({
      skip: fc.constantFrom(0, 0, 0, 1, 7),
      ms: fc.constantFrom(0, 3, 40, 900, 4000, 25_000),
      swap: fc.boolean(),
      node: fc.constantFrom('', '', 'db-01'),
      hole: fc.constantFrom(false, false, false, true),
      daemon: fc.constantFrom(false, false, false, false, true),
    }),
    { minLength: 2, maxLength: 120 },
  )
  .map((steps) => {
    const items: Item[] = []
    const holes: number[] = []
    const serials = new Map([
      ['', 0xff_ff_ff_e0],
      ['db-01', 100],
    ])
    let stamp = T * 1000
    for (const { skip, ms, swap, node, hole, daemon } of steps) {
      const serial = (serials.get(node) ?? 0) + 1 + skip
      serials.set(node, serial)
      stamp += ms
      const last = items.at(-1)
      const one: Item = { kind: 'event', at: stamp / 1000, serial: serial >>> 0, node }
      if (hole) holes.push(items.length)
      if (daemon) items.push({ ...one, serial: 5, daemon, type: 1200 })
      if (swap && !hole && last?.kind === 'event' && items.length > 1) items.splice(-1, 0, one)
      else items.push(one)
    }
    return { items, holes: holes.map((index) => holeBefore(items, index)) }
  })
const cuts = fc.array(fc.nat(150), { maxLength: 8 })

/** What is told to each node in order, sections of the stream aside. */
const told = (bench: Bench): Message[][] =>
  ['web-01', 'db-01'].flatMap((name) =>
    [bench.alerts, bench.heartbeats].map((all) =>
      all.filter(({ node }) => node === name).map((one) => ({ ...one, stream: null })),
    ),
  )

describe('gaps', () => {
  it('are told the same however the stream is cut, in alerts as in heartbeats', () => {
    fc.assert(
      fc.property(lossy, cuts, ({ items, holes }, places) => {
        const [whole, parts] = [new Bench(), new Bench()]
        feed(whole, cut(items, []), holes)
        feed(parts, cut(items, places), holes)
        whole.end()
        parts.end()
        expect(told(parts)).toEqual(told(whole))
        const figures = whole.heartbeats.map(({ serials }) => (serials as Message)['missing'])
        const evidence = gapsIn(whole.alerts).map((alert) => evidenceOf(alert)['missing'])
        expect(sum(evidence)).toBe(sum(figures))
      }),
      { numRuns: 300 },
    )
  })

  it('are told the same after a restart at any block', () => {
    fc.assert(
      fc.property(lossy, cuts, fc.nat(8), ({ items, holes }, places, stop) => {
        const blocks = cut(items, places)
        const [whole, first] = [new Bench(), new Bench()]
        feed(whole, blocks, holes)
        feed(first, blocks.slice(0, stop), holes)
        const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
        const second = new Bench({}, state)
        second.alerts.push(...first.alerts)
        second.heartbeats.push(...first.heartbeats)
        feed(second, blocks.slice(stop), holes)
        expect(told(second.end())).toEqual(told(whole.end()))
      }),
      { numRuns: 300 },
    )
  })
})
