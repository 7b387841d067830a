import { describe, expect, it } from 'vitest'
import { Random } from '../../bench/floods/random.ts'
import type { QueueState } from '../../src/analyse/queue/queue.ts'
import type { Message } from '../../src/model/delivery.ts'
import { arrive, gauged, queueOf, WALL } from './arrived.ts'
import { type Load, type Passed, pass, type Way } from './way.ts'

const rising = (rate: (now: number) => number): Load => ({
  rate: (now) => rate(now) / 3,
  entries: 3,
})
const steady = (entries: number): Load => rising(() => entries)

/** Ways to a full queue that take about fifteen seconds. */
const RAMPS: Readonly<Record<string, Way>> = {
  'a rate just above the drain': { ms: 20_000, loads: [steady(6560)], auditd: () => 6000 },
  'the same at a fast drain': { ms: 20_000, loads: [steady(30_560)], auditd: () => 30_000 },
  'a rate that keeps rising': {
    ms: 20_000,
    loads: [rising((now) => 6000 + now / 12)],
    auditd: () => 6000,
  },
  'a rate that rises from below the drain': {
    ms: 25_000,
    loads: [rising((now) => 5800 + now / 14)],
    auditd: () => 6000,
  },
  'a rate that steps up': {
    ms: 20_000,
    loads: [rising((now) => (now < 4000 ? 6250 : 6650))],
    auditd: () => 6000,
  },
  'a rate that goes up and down': {
    ms: 20_000,
    loads: [rising((now) => 6140 + 840 * ((now % 1500) / 1500))],
    auditd: () => 6000,
  },
  'a drain that falls': {
    ms: 25_000,
    loads: [steady(5000)],
    auditd: (now) => (now < 5000 ? 9000 : 4450),
  },
  'calls that take long among them': {
    ms: 25_000,
    loads: [steady(6400), { rate: () => 40, entries: 5, takes: 3000 }],
    auditd: () => 6000,
  },
  'CPUs in another order': { ms: 20_000, loads: [steady(6560)], auditd: () => 6000, jitter: 50 },
}

/** What a queue tells of a host, the limit being read unless it is null. */
function alertsOf(passed: Passed, limit: number | null = 8192, readings = false): Message[] {
  const queue = arrive(queueOf(limit), passed, (one, now) => {
    if (readings) gauged(one, passed, now)
  })
  return queue.alerts
}

/** A rate that is another every 200 ms, by more than it is above the drain. */
const noisy = (seed: number): Way => {
  const random = new Random(seed)
  const noise = Array.from({ length: 200 }, () => 1 + 0.1 * random.normal())
  const rate = rising((now) => 6450 * noise[Math.floor(now / 200)])
  return { ms: 40_000, loads: [rate], auditd: () => 6000 }
}

/** Whether the interval that is told has the time that is left in it. */
function holds(passed: Passed, alert: Message): boolean {
  const left = ((passed.lostAt ?? 0) - timeOf(alert)) / 1000
  const { seconds_low: low, seconds_high: high } = evidence(alert)
  return Number(low) <= left && left <= Number(high ?? Number.POSITIVE_INFINITY)
}

const evidence = (alert: Message): Message => alert['evidence'] as Message
const timeOf = (alert: Message): number => Date.parse(String(alert['time'])) - WALL

describe('an overflow that takes its time', () => {
  it.each(Object.keys(RAMPS))(
    'is told five seconds before the first loss, to a third: %s',
    (name) => {
      const passed = pass(RAMPS[name])
      const [first] = alertsOf(passed)
      const left = ((passed.lostAt ?? 0) - timeOf(first)) / 1000
      expect(left).toBeGreaterThan(5)
      expect(Math.abs(Number(evidence(first)['seconds']) - left)).toBeLessThan(left * 0.3)
      expect(first).toMatchObject({
        type: 'overflow.forecast',
        severity: 'critical',
        status: 'firing',
        ends_at: null,
        dedup_key: 'overflow.forecast/web-01/',
        evidence: { limit: 8192, limit_read: true, shares: [{ key: 'exec' }] },
      })
    },
  )

  it.each(['a rate that keeps rising', 'a rate that rises from below the drain'])(
    'is told to a tenth where growth grows evenly: %s',
    (name) => {
      const passed = pass(RAMPS[name])
      const [first] = alertsOf(passed)
      const left = ((passed.lostAt ?? 0) - timeOf(first)) / 1000
      expect(Math.abs(Number(evidence(first)['seconds']) - left)).toBeLessThan(left * 0.1)
    },
  )

  it.each(Object.keys(RAMPS))('comes in the interval that is told: %s', (name) => {
    const passed = pass(RAMPS[name])
    expect(holds(passed, alertsOf(passed)[0])).toBe(true)
  })

  it('comes in the interval in three of four cases where noise hides the growth', () => {
    const told = Array.from({ length: 20 }, (_, i) => pass(noisy(i + 1)))
    expect(told.map(({ lostAt }) => lostAt)).not.toContain(null)
    const held = told.filter((passed) => holds(passed, alertsOf(passed, 8192, true)[0]))
    expect(held.length).toBeGreaterThanOrEqual(15)
  })

  it('is told when the queue is full, and withdrawn when it is not any more', () => {
    const auditd = (now: number): number => (now < 20_000 ? 6000 : 12_000)
    const alerts = alertsOf(pass({ ms: 30_000, loads: [steady(6560)], auditd }))
    expect(alerts.map(({ status }) => status)).toEqual(['firing', 'firing', 'resolved'])
    expect(alerts[1]['text']).toContain('is full')
    expect(alerts[2]).toMatchObject({ severity: 'info', evidence: { shares: [] } })
  })

  it('is withdrawn when the load passes', () => {
    const loads = [rising((now) => (now < 9000 ? 6560 : 2000))]
    const alerts = alertsOf(pass({ ms: 20_000, loads, auditd: () => 6000 }))
    expect(alerts.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  })

  it('is told early where a watcher sees that the socket fills', () => {
    const passed = pass(RAMPS['a rate just above the drain'])
    const [[without], [watched]] = [alertsOf(passed), alertsOf(passed, 8192, true)]
    expect(timeOf(watched)).toBeLessThan(timeOf(without))
  })

  it('says of a limit that no reading told that it is assumed', () => {
    const [first] = alertsOf(pass(RAMPS['a rate just above the drain']), null)
    expect(evidence(first)).toMatchObject({ limit: 8192, limit_read: false })
    expect(first['text']).toContain('a limit that no reading tells')
  })

  it('is told the same after a restart at any time', () => {
    const passed = pass({ ...RAMPS['a rate just above the drain'], ms: 12_000 })
    const whole = alertsOf(passed)
    for (const at of [3000, 5400, 9050]) {
      const first = arrive(queueOf(), {
        ...passed,
        arrivals: passed.arrivals.filter((one) => one.at < at),
        backlog: passed.backlog.subarray(0, at),
      })
      const state = JSON.parse(JSON.stringify(first.state())) as QueueState
      const second = arrive(queueOf(8192, state), {
        ...passed,
        arrivals: passed.arrivals.filter((one) => one.at >= at),
      })
      expect([...first.alerts, ...second.alerts]).toEqual(whole)
    }
  })
})

describe('nothing is foreseen', () => {
  const calm: Readonly<Record<string, Way>> = {
    'a stream that keeps up': { ms: 10_000, loads: [steady(50_000)], auditd: () => 80_000 },
    'a burst of twenty milliseconds, which is over before it shows': {
      ms: 6000,
      loads: [steady(3000), rising((now) => (now > 2000 && now < 2020 ? 3e6 : 0))],
      auditd: () => 60_000,
    },
    'a slow shim, as long as auditd has room': {
      ms: 15_000,
      loads: [steady(1100)],
      auditd: () => 60_000,
      shim: () => 1000,
    },
    'a queue that stays where it is': {
      ms: 20_000,
      loads: [rising((now) => (now < 4000 ? 6450 : 6000))],
      auditd: () => 6000,
    },
    'calls that take long': {
      ms: 15_000,
      loads: [steady(2000), { rate: () => 50, entries: 5, takes: 4000 }],
      auditd: () => 60_000,
    },
  }

  it.each(Object.keys(calm))('in %s', (name) => {
    expect(alertsOf(pass(calm[name])).filter(({ status }) => status === 'firing')).toEqual([])
  })

  it('where there is no limit', () => {
    expect(alertsOf(pass(RAMPS['a rate just above the drain']), 0)).toEqual([])
  })
})
