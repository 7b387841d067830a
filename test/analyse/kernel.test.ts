import { describe, expect, it } from 'vitest'
import type { Seconds } from '../../src/analyse/losses/blame.ts'
import { Kernel, type KernelOptions } from '../../src/analyse/losses/kernel.ts'
import { type KernelState, NOT_TORN } from '../../src/analyse/losses/kernel-state.ts'
import type { Message } from '../../src/model/delivery.ts'
import type { KernelNote } from '../../src/model/kernel-note.ts'
import type { Reading, Status } from '../../src/model/reading.ts'

const START = Date.parse('2026-11-22T12:00:00Z')
const QUIET: Status = {
  enabled: 1,
  failure: 1,
  pid: 947,
  rate_limit: 0,
  backlog_limit: 64,
  lost: 0,
  backlog: 0,
  backlog_wait_time: 15_000,
  backlog_wait_time_actual: 0,
  loginuid_immutable: 0,
}

const taken = (second: number, boot: string) => ({
  v: 1 as const,
  time: new Date(START + second * 1000).toISOString(),
  boot,
  monotonic_us: Math.round(second * 1_000_000) + 1,
})
const status = (second: number, differs: Partial<Status>, boot = 'b1'): Reading => ({
  ...taken(second, boot),
  kind: 'status',
  took_ms: 3,
  hz: 250,
  ...QUIET,
  ...differs,
})
const note = (second: number, said: KernelNote): Reading => ({
  ...taken(second, 'b1'),
  kind: 'kmsg',
  ...said,
})
const lost = (second: number, count: number): Reading =>
  note(second, { says: 'lost', lost: count, rate_limit: 0, backlog_limit: 64 })

/** What comes of readings: alerts without their texts. */
function alertsOf(readings: readonly Reading[], state?: KernelState): Message[] {
  const { alerts } = follow(readings, state)
  return alerts.map(({ text, ...alert }) => {
    expect(text).toMatch(/^[A-Z].*\.$/)
    return alert
  })
}

function lossesOf(alert: Message): unknown {
  return (alert['evidence'] as Message)['losses']
}

/** `settled`: two seconds pass behind the last of them. */
function follow(
  readings: readonly Reading[],
  state?: KernelState,
  settled = true,
  stream: Partial<KernelOptions> = {},
) {
  const alerts: Message[] = []
  const kernel = new Kernel(
    {
      node: 'web-01',
      gaps: () => ({ sure: 0, all: 0, until: 0 }),
      torn: () => NOT_TORN,
      lacks: () => false,
      isIn: () => true,
      isBehind: () => false,
      seconds: () => null,
      foreseen: () => null,
      emitAlert: (alert) => alerts.push(alert),
      ...stream,
    },
    state,
  )
  for (const reading of readings) kernel.take(reading)
  const last = readings.at(-1)
  if (settled && last !== undefined) kernel.reach(Date.parse(last.time) + 2000)
  return { alerts, kernel }
}

describe('losses of the kernel', () => {
  it('are told by the difference of two statuses', () => {
    expect(alertsOf([status(0, { lost: 7 }), status(10, { lost: 19_766 })])).toEqual([
      expect.objectContaining({
        type: 'events.lost',
        severity: 'critical',
        starts_at: '2026-11-22T12:00:00.000Z',
        ends_at: '2026-11-22T12:00:10.000Z',
        evidence: {
          losses: 19_759,
          lost: 19_766,
          backlog_limit: 64,
          rate_limit: 0,
          reasons: [],
          cause: 'burst',
          gaps: 0,
          events_missing: 19_759,
          records_missing: null,
          shares: [],
          settled: true,
          foreseen_at: null,
        },
      }),
    ])
  })

  it('are told from the kernel log alone, by its counts and not by its lines', () => {
    const alerts = alertsOf([
      lost(0, 1),
      note(0.9, { says: 'over', backlog: 65, backlog_limit: 64 }),
      lost(1, 405),
      note(1.1, { says: 'backlog' }),
      note(1.2, { says: 'backlog' }),
    ])
    expect(alerts).toEqual([
      expect.objectContaining({
        // The first line was printed since the watcher looked at the log before.
        starts_at: '2026-11-22T11:59:59.000Z',
        evidence: expect.objectContaining({
          losses: 405,
          lost: 405,
          reasons: ['backlog limit exceeded'],
          cause: 'burst',
        }) as object,
      }),
    ])
  })

  it('are told after a second, twice, then together for ten', () => {
    const counts = [0, 5, 6, 7, 8, 9].map((count, second) => lost(second, count))
    const alerts = alertsOf([...counts, status(11.5, { lost: 9 }), status(30, { lost: 9 })])
    expect(alerts.map((alert) => [alert['starts_at'], alert['ends_at'], lossesOf(alert)])).toEqual([
      ['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:02.000Z', 6],
      ['2026-11-22T12:00:02.000Z', '2026-11-22T12:00:04.000Z', 2],
      ['2026-11-22T12:00:04.000Z', '2026-11-22T12:00:05.000Z', 1],
    ])
  })

  it('are not told when the counter is first read, nor of another boot', () => {
    expect(alertsOf([status(0, { lost: 5000 }), status(1, { lost: 3 }, 'b2')])).toEqual([])
  })

  it('are counted on when the counter of 32 bits begins again', () => {
    const alerts = alertsOf([status(0, { lost: 4_294_967_290 }), status(10, { lost: 4 })])
    expect(alerts.map(lossesOf)).toEqual([10])
  })

  it('are not counted twice when a line of the log is read after a status that is newer', () => {
    const alerts = alertsOf([status(0, { lost: 0 }), status(1, { lost: 9 }), lost(1.5, 5)])
    expect(alerts.map((alert) => [alert['type'], lossesOf(alert)])).toEqual([['events.lost', 9]])
  })
})

describe('the cause of losses', () => {
  const readings = [0, 1, 2, 3, 4, 5, 6].map((second) =>
    status(second, { lost: second === 0 ? 0 : 100 }),
  )
  const causes = (stream: Partial<KernelOptions>): unknown[] =>
    follow(readings, undefined, false, stream).alerts.map((alert) => [
      alert['time'],
      (alert['evidence'] as Message)['cause'],
      (alert['evidence'] as Message)['events_missing'],
    ])

  it('waits for events that are still open, where these would be another cause', () => {
    let asked = 0
    const gaps = () =>
      ++asked < 3 ? { sure: 0, all: 30, until: 0 } : { sure: 0, all: 0, until: 0 }
    expect(causes({ gaps })).toEqual([['2026-11-22T12:00:01.000Z', 'burst', 100]])
    expect(asked).toBe(3)
  })

  it('does not wait for a few of them', () => {
    let asked = 0
    const gaps = () => {
      asked++
      return { sure: 0, all: 5, until: 0 }
    }
    expect(causes({ gaps })).toEqual([['2026-11-22T12:00:01.000Z', 'burst', 100]])
    // When it is read, and a second later.
    expect(asked).toBe(2)
  })

  it('is told after four seconds by what is known then', () => {
    const lacks = (): boolean => true
    expect(causes({ lacks })).toEqual([['2026-11-22T12:00:01.000Z', 'burst', 100]])
  })
})

describe('whose a loss is', () => {
  /** Second by second what a key makes that goes on, and from when on a burst of another shows. */
  const seconds = (made: () => number) => (): Seconds => ({
    tallyOf: (second) => [
      { key: 'steady', events: 200, records: 400, entries: 600 },
      ...(second === START / 1000 && made() > 0
        ? [{ key: 'floods', events: made(), records: 2 * made(), entries: 3 * made() }]
        : []),
    ],
  })
  const readings = [
    note(0.2, { says: 'backlog' }),
    lost(0.21, 3),
    ...[1, 2, 3, 4].map((second) => status(second, { lost: 3 })),
  ]
  const told = (stream: Partial<KernelOptions>, all: readonly Reading[] = readings): unknown[] =>
    follow(all, undefined, false, stream).alerts.map(({ dedup_key: trouble, evidence, text }) => {
      const { losses, cause, settled, shares } = evidence as Message
      const [first] = shares as Message[]
      expect(String(text).includes('not known yet')).toBe(settled === false)
      return [trouble, losses, cause, settled, first?.['key']]
    })
  const trouble = 'events.lost/web-01/2026-11-22T11:59:59.210Z'

  it('is said when the stream has come to it, and why it is two seconds after it was read', () => {
    let asked = 0
    const isIn = (): boolean => ++asked > 2
    expect(told({ isIn, seconds: seconds(() => (asked > 2 ? 500 : 0)) })).toEqual([
      [trouble, 1, 'burst', false, undefined],
      [trouble, 1, 'burst', true, 'floods'],
    ])
  })

  it('is said at once where what came shows whose it is', () => {
    const isIn = (): boolean => false
    expect(told({ isIn, seconds: seconds(() => 500) })).toEqual([
      [trouble, 1, 'burst', true, 'floods'],
    ])
  })

  it('is said once after a restart between the two', () => {
    const state = follow(readings.slice(0, 5), undefined, false, { isIn: () => false })
    expect(state.alerts).toHaveLength(1)
    const known = JSON.parse(JSON.stringify(state.kernel.state())) as KernelState
    const { alerts } = follow(readings, known, true, { seconds: seconds(() => 500) })
    expect(alerts.map(({ evidence }) => (evidence as Message)['settled'])).toEqual([true])
  })

  it('is not that of a key that goes on where only the first lines of the log tell and another grew a little', () => {
    const log = [...readings.slice(0, 2), note(2, { says: 'backlog' })]
    const little = seconds(() => 20)
    expect(told({ seconds: little }, log)).toEqual([[trouble, 1, 'burst', true, undefined]])
  })

  it('is that of the key that grew a little where more is missing than those that go on make', () => {
    const counted = [
      ...readings.slice(0, 2),
      status(1, { lost: 19_000 }),
      status(3, { lost: 19_000 }),
    ]
    expect(told({ seconds: seconds(() => 20) }, counted)).toEqual([
      [trouble, 18_998, 'burst', true, 'floods'],
    ])
  })
})

describe('a counter that was reset', () => {
  it('is told, and what was lost since then as well', () => {
    const alerts = alertsOf([status(0, { lost: 100 }), status(10, { lost: 3 })])
    expect(alerts).toEqual([
      expect.objectContaining({
        type: 'lost.reset',
        severity: 'warning',
        evidence: { before: 100, lost: 3, by: null },
      }),
      expect.objectContaining({
        type: 'events.lost',
        evidence: expect.objectContaining({ losses: 3, lost: 3 }) as object,
      }),
    ])
  })
})

describe('readings that are read again from the beginning', () => {
  const all = [
    status(0, { lost: 0 }),
    lost(1, 5),
    lost(2, 9),
    status(13, { lost: 9 }),
    status(23, { lost: 2 }),
  ]

  it.each(all.map((_, at) => at))('give the rest of the alerts after a restart at %i', (at) => {
    const whole = follow(all)
    const first = follow(all.slice(0, at), undefined, false)
    const state = JSON.parse(JSON.stringify(first.kernel.state())) as KernelState
    const second = follow(all, state)
    expect([...first.alerts, ...second.alerts]).toEqual(whole.alerts)
    expect(second.kernel.state()).toEqual(whole.kernel.state())
  })
})

describe('figures of an interval', () => {
  const { kernel } = follow([
    status(0, { lost: 3 }),
    lost(4, 5),
    lost(9, 9),
    status(12, { lost: 10, backlog: 2 }),
  ])

  it('hold the losses read in it, and what holds now', () => {
    expect(kernel.figures(START, START + 10_000)).toEqual({
      lost: 10,
      lostDelta: 6,
      backlog: 2,
      backlogLimit: 64,
    })
    expect(kernel.figures(START + 10_000, START + 20_000).lostDelta).toBe(1)
  })

  it('are unknown where no reading is as new, or none has come', () => {
    const unknown = { lost: null, lostDelta: null, backlog: null, backlogLimit: null }
    expect(kernel.figures(START + 20_000, START + 30_000)).toEqual(unknown)
    expect(follow([]).kernel.figures(START, START + 10_000)).toEqual(unknown)
  })
})
