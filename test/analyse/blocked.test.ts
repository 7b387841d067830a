import { describe, expect, it } from 'vitest'
import type { AnalyserState } from '../../src/analyse/state.ts'
import type { Message } from '../../src/model/delivery.ts'
import { NOON, Stage, syscall } from './stage.ts'

const HZ = 250

const at = (second: number): string => new Date(NOON + second * 1000).toISOString()
const evidenceOf = (alert: Message): Message => alert['evidence'] as Message

/** A status every ten seconds from one second to another, with what processes have waited by then, in seconds. */
function statuses(stage: Stage, from: number, to: number, waited: number): Stage {
  for (let second = from; second <= to; second += 10)
    stage.status(second, { backlog_wait_time_actual: waited * HZ })
  return stage
}

/** What was told of processes that wait. */
const told = (stage: Stage): unknown[] =>
  stage
    .of('audit.blocked')
    .map(({ status, time, starts_at: from, ends_at: to }) => [status, time, from, to])

describe('processes that wait for room', () => {
  it('are told of once, with how long and whose records fill the queue, until nobody has waited for a minute', () => {
    const stage = new Stage()
    for (let second = 0; second < 10; second++) stage.come(second, ...syscall(second + 1))
    stage.status(10).come(12, ...Array.from({ length: 50 }, (_, i) => syscall(11 + i)).flat())
    statuses(stage, 20, 30, 1.5)
    statuses(stage, 40, 40, 3)
    statuses(stage, 50, 90, 3)
    expect(told(stage)).toEqual([['firing', at(20), at(10), null]])
    statuses(stage, 100, 200, 3)
    expect(told(stage)).toEqual([
      ['firing', at(20), at(10), null],
      ['resolved', at(40), at(10), at(40)],
    ])
    const [first, second] = stage.of('audit.blocked')
    expect(first).toMatchObject({ severity: 'warning', dedup_key: second['dedup_key'] })
    expect(evidenceOf(first)).toMatchObject({
      cause: 'blocking',
      waited_ms: 1500,
      backlog_limit: 8192,
      backlog_wait_ms: 60_000,
      shares: [{ key: 'k', share: 1 }],
    })
    expect(evidenceOf(second)['waited_ms']).toBe(3000)
    expect(first['text']).toMatch(
      /^On web-01 processes wait for room .*1\.5 s together.*auditctl -b\)\.$/,
    )
  })

  it('are not told of where that is not felt, nor where records were lost, which says it', () => {
    const stage = new Stage().status(0)
    statuses(stage, 10, 20, 0.02)
    stage.status(30, { backlog_wait_time_actual: 500, lost: 40 })
    statuses(stage, 40, 60, 2)
    expect(told(stage)).toEqual([])
    expect(stage.of('events.lost')).toHaveLength(1)
  })

  it('are told of anew when they wait again after it was calm', () => {
    const stage = new Stage().status(0)
    statuses(stage, 10, 100, 1)
    statuses(stage, 110, 300, 2)
    expect(told(stage).map((one) => (one as string[])[0])).toEqual([
      'firing',
      'resolved',
      'firing',
      'resolved',
    ])
  })

  it('for a queue that is empty are those that missed their wake-up', () => {
    const stage = new Stage().status(0).read(20, { kind: 'unknown', why: 'waiting' })
    stage.wait(22, 28, 2)
    expect(told(stage)).toEqual([])
    stage.read(31, { kind: 'netlink', pid: 947, rmem: 0, drops: 0 }).wait(32, 32)
    expect(told(stage)).toEqual([['firing', at(30), at(20), null]])
    const [alert] = stage.of('audit.blocked')
    expect(evidenceOf(alert)).toMatchObject({ cause: 'lost_wakeup', waited_ms: null, shares: [] })
    expect(alert['text']).toMatch(/auditctl -m kick/)
    // The question is answered after a minute, and the wait of the others counted with the next one.
    stage.status(81).status(82, { backlog_wait_time_actual: 60 * HZ })
    statuses(stage, 90, 130, 60)
    expect(told(stage)).toHaveLength(1)
    statuses(stage, 140, 150, 60)
    expect(told(stage)).toHaveLength(2)
  })

  it('and whose kernel answers after some seconds did so on a busy machine', () => {
    const stage = new Stage().status(0).read(10, { kind: 'unknown', why: 'waiting' })
    statuses(stage, 15, 45, 0)
    expect(told(stage)).toEqual([])
  })

  it('are told the same after a restart at any reading, and what was read twice counts once', () => {
    const from = (seconds: readonly number[], state?: AnalyserState): Stage => {
      const stage = new Stage(state)
      for (const second of seconds)
        stage.status(second, { backlog_wait_time_actual: second < 30 ? 0 : 500 })
      return stage
    }
    const seconds = Array.from({ length: 16 }, (_, i) => 10 * i)
    const whole = from(seconds).of('audit.blocked')
    expect(whole).toHaveLength(2)
    for (let stop = 1; stop < seconds.length; stop++) {
      const first = from(seconds.slice(0, stop))
      const state = JSON.parse(JSON.stringify(first.analyser.state())) as AnalyserState
      const second = from(seconds, state)
      expect([...first.of('audit.blocked'), ...second.of('audit.blocked')]).toEqual(whole)
    }
  })

  it('are over with a boot', () => {
    const stage = statuses(new Stage().status(0), 10, 20, 2).status(90, {}, 'b2', 5)
    expect(told(stage)).toEqual([
      ['firing', at(10), at(0), null],
      ['resolved', at(90), at(0), at(90)],
    ])
  })
})

describe('the cause of a gap', () => {
  /** What is told of twenty serials that did not come after second 20. */
  function gap(read: (stage: Stage) => void): Message {
    const stage = new Stage().come(0, ...syscall(1)).come(20, ...syscall(2))
    read(stage)
    stage.come(22, ...syscall(23)).come(40, ...syscall(24))
    const alerts = stage.of('stream.gap')
    expect(alerts).toHaveLength(1)
    return alerts[0]
  }

  it("is auditd's queue for plugins where auditd says so and the kernel lost nothing", () => {
    const alert = gap((stage) => {
      stage.status(10)
      stage.read(21, { kind: 'auditd', says: 'queue-full' })
      stage.status(23)
    })
    expect(evidenceOf(alert)).toMatchObject({ missing: 20, cause: 'plugin_queue' })
    expect(alert['text']).toMatch(/since auditd's queue for plugins was full: .*q_depth/)
  })

  it('is a slow plugin where the kernel lost records as well', () => {
    const alert = gap((stage) => {
      stage.status(10)
      stage.read(21, { kind: 'auditd', says: 'queue-full' })
      stage.status(23, { lost: 300 })
    })
    expect(evidenceOf(alert)['cause']).toBe('slow_plugin')
  })

  it('is an auditd that did not read, or a rate limit', () => {
    const stalled = gap((stage) => {
      stage.read(10, { kind: 'netlink', pid: 947, rmem: 0, drops: 0 })
      stage.read(22, { kind: 'netlink', pid: 947, rmem: 9000, drops: 40 })
    })
    expect(evidenceOf(stalled)['cause']).toBe('auditd_stalled')
    const limited = gap((stage) => {
      stage.status(10, { rate_limit: 500 }).status(23, { rate_limit: 500, lost: 20 })
    })
    expect(evidenceOf(limited)['cause']).toBe('rate_limit')
  })

  it('is unknown where readings say nothing, and null where there are none', () => {
    const unknown = gap((stage) => stage.status(10).status(23))
    expect(evidenceOf(unknown)['cause']).toBe('unknown')
    expect(unknown['text']).toMatch(/see q_depth/)
    expect(evidenceOf(gap(() => {}))['cause']).toBeNull()
  })
})
