import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../bench/floods/random.ts'
import { strict, together } from '../../bench/floods/score.ts'
import { HELD_OUT, KNOWN } from '../../bench/floods/shapes.ts'
import { scoresOf } from '../../bench/floods.ts'
import { MAX_BASELINES } from '../../src/analyse/floods/baselines.ts'
import { ASSUMED_DRAIN } from '../../src/analyse/floods/detector.ts'
import type { Message } from '../../src/model/delivery.ts'
import { Rule, type Second } from './seconds.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR

/** A share of what can be drained where that was not measured. */
const share = (part: number): number => part * ASSUMED_DRAIN
/** A host that was watched for ten minutes, with so many entries a second under `exec`. */
const host = (entries = 100): Rule => new Rule().give(10 * MINUTE, { exec: entries })

describe('a flood is found', () => {
  it('in its first second when that is far above the usual', () => {
    expect(host().give(1, { exec: share(0.25) }).told).toEqual(['flood.start exec'])
  })

  it('in a second of which it had but half', () => {
    expect(host().give(1, { exec: share(0.13) }).told).toEqual(['flood.start exec'])
  })

  it('in its third second when it is a small one', () => {
    const rule = host().give(2, { exec: share(0.05) })
    expect(rule.told).toEqual([])
    expect(rule.give(1, { exec: share(0.05) }).told).toEqual(['flood.start exec'])
  })

  it('on top of a key that always makes much', () => {
    const noise = new Random(1)
    const busy = new Rule().give(HOUR, () => ({ exec: share(noise.between(0.35, 0.45)) }))
    expect(busy.told).toEqual([])
    expect(busy.give(1, { exec: share(0.65) }).told).toEqual(['flood.start exec'])
  })

  it('by its length when it is no higher than the usual bursts', () => {
    const bursty = new Rule().give(2 * HOUR, (i) => ({ exec: i % 200 < 2 ? share(0.2) : 20 }))
    const before = bursty.told.length
    bursty.give(10, { exec: share(0.2) })
    expect(bursty.told.slice(before)).toEqual(['flood.start exec'])
    expect(bursty.alerts.at(-1)).toMatchObject({ evidence: { why: 'sustained' } })
  })

  it('that rises over ten minutes, long before it takes half of what can be drained', () => {
    const rule = host()
    let seconds = 0
    while (rule.told.length === 0) rule.give(1, { exec: 100 + (share(1) * ++seconds) / 600 })
    expect(share(1) * (seconds / 600)).toBeLessThan(share(0.1))
  })

  it('seconds after the start of a stream of which nothing is known', () => {
    const rule = new Rule().give(3, { exec: 100 }).give(2, { exec: 100, other: share(0.1) })
    expect(rule.told).toEqual(['flood.start other'])
  })

  it('under a new key while as many keys are followed as can be', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `key-${i}`)
    const rule = new Rule().give(5 * MINUTE, (i) => ({ [keys[i * 7]]: 3, [keys[i * 11]]: 40 }))
    expect(rule.give(1, { surprise: share(0.3) }).told).toEqual(['flood.start surprise'])
  })
})

describe('no flood is', () => {
  it('what is there from the first second on', () => {
    expect(new Rule().give(HOUR, { exec: share(0.6) }).told).toEqual([])
  })

  it('a slope of the day', () => {
    const day = new Rule().give(DAY, (i) => ({
      exec: share(0.02 + 0.15 * (1 - Math.cos((i / DAY) * 2 * Math.PI))),
    }))
    expect(day.told).toEqual([])
  })

  it('a burst as there were three before', () => {
    const rule = host().give(HOUR, (i) => ({ exec: i % 400 < 3 ? share(0.08) : 20 }))
    const told = rule.told.length
    expect(rule.told.filter((alert) => alert === 'flood.start exec')).toHaveLength(told / 2)
    expect(told).toBeLessThanOrEqual(6)
    expect(
      rule.give(3 * HOUR, (i) => ({ exec: i % 400 < 3 ? share(0.08) : 20 })).told,
    ).toHaveLength(told)
  })

  it('a key that takes the place of another', () => {
    const rule = new Rule().give(HOUR, { 'app-1': share(0.3), exec: 50 })
    expect(rule.give(HOUR, { 'app-2': share(0.3), exec: 50 }).told).toEqual([])
  })

  it('what a job makes every night, from the third night on', () => {
    const nights = (n: number): Rule =>
      new Rule().give(n * DAY, (i) => ({ exec: 20, backup: i % DAY < 600 ? share(0.15) : 0 }))
    expect(nights(2).told.length).toBeGreaterThan(0)
    expect(nights(5).told).toEqual(nights(2).told)
  })

  it('what a boot makes in its first two minutes, below a quarter of what can be drained', () => {
    const rule = host(20)
    rule.floods.finish(true)
    rule
      .give(5, { exec: 20 })
      .give(60, { exec: share(0.2) })
      .give(MINUTE, { exec: 20 })
    expect(rule.told).toEqual([])
    expect(rule.give(1, { exec: share(0.3) }).told).toEqual(['flood.start exec'])
  })

  it('a key that is loud only because nothing else is', () => {
    expect(host(10).give(MINUTE, { exec: 10, net: share(0.02) }).told).toEqual([])
  })
})

describe('a flood is over', () => {
  it('after ten calm seconds, or twice as many when it came again', () => {
    const rule = host()
      .give(5, { exec: share(0.3) })
      .give(9, { exec: 100 })
    expect(rule.told).toEqual(['flood.start exec'])
    rule.give(1, { exec: 100 })
    expect(rule.told.slice(1)).toEqual(['flood.end exec'])
    rule.give(5, { exec: share(0.3) }).give(19, { exec: 100 })
    expect(rule.told.slice(2)).toEqual(['flood.start exec'])
    expect(rule.give(1, { exec: 100 }).told.slice(3)).toEqual(['flood.end exec'])
  })

  it('not while it rests for shorter', () => {
    const rule = host().give(300, (i) => ({ exec: i % 12 < 4 ? share(0.3) : 50 }))
    expect(rule.told).toEqual(['flood.start exec'])
  })

  it('in silence', () => {
    const rule = host().give(5, { exec: share(0.3) })
    expect(rule.quiet(DAY).told).toEqual(['flood.start exec', 'flood.end exec'])
  })

  it('when it has become usual, after six hours', () => {
    const rule = host().give(7 * HOUR, { exec: share(0.3) })
    expect(rule.told).toEqual(['flood.start exec', 'flood.end exec'])
    expect(rule.alerts[1]).toMatchObject({ evidence: { over: 'usual', seconds: 6 * HOUR } })
    expect(rule.give(HOUR, { exec: share(0.3) }).told).toHaveLength(2)
  })
})

const severities = (rule: Rule): unknown[] =>
  rule.alerts.map(({ type, severity }) => `${String(type)} ${String(severity)}`)

describe('a flood is', () => {
  it.each([
    [0.75, 12],
    [0.6, 30],
    [0.55, 60],
  ])('critical when what it makes over half adds up: %d of what can be drained', (part, after) => {
    const rule = host().give(after - 1, { exec: share(part) })
    expect(severities(rule)).toEqual(['flood.start warning'])
    expect(severities(rule.give(1, { exec: share(part) }))[1]).toBe('flood.worse critical')
  })

  it('critical in its second second when it takes all that can be drained', () => {
    const rule = host().give(1, { exec: share(1) })
    expect(severities(rule)).toEqual(['flood.start warning'])
    expect(severities(rule.give(1, { exec: share(1) }))[1]).toBe('flood.worse critical')
  })

  it('critical at once when a second takes all that can be drained in two', () => {
    expect(severities(host().give(1, { exec: share(2.3) }))).toEqual(['flood.start critical'])
  })

  it('never critical below half, however its seconds differ, and never said to be worse twice', () => {
    const below = host().give(HOUR, { exec: share(0.49) })
    expect(severities(below)).toEqual(['flood.start warning'])
    const noise = new Random(3)
    const noisy = host().give(HOUR, () => ({ exec: share(noise.between(0.12, 0.72)) }))
    expect(severities(noisy)).toEqual(['flood.start warning'])
    const above = host().give(HOUR, (i) => ({ exec: share(i % 100 < 50 ? 0.9 : 0.3) }))
    expect(severities(above)).toEqual(['flood.start warning', 'flood.worse critical'])
  })

  it('measured by what can be drained, once that is known', () => {
    const rule = host(20)
    rule.drain = 3000
    rule.give(20, { exec: 2000 })
    expect(severities(rule)).toEqual(['flood.start warning', 'flood.worse critical'])
    expect(rule.alerts[1]['text']).toContain('67 % of what can be drained, after 18 s')
  })
})

/** Two hours in which a key makes bursts of a share of what can be drained, two seconds every so many. */
const bursty = (part: number, every: number): Rule =>
  new Rule().give(2 * HOUR, (i) => ({ exec: i % every < 2 ? share(part) : 20 }))
const whys = (alerts: readonly Message[]): unknown[][] =>
  alerts.map(({ type, severity, evidence }) => {
    const { why } = evidence as Message
    return [type, severity, why]
  })

describe('a key that usually takes much of what can be drained', () => {
  it('is told of at once, as of something that asks for nothing', () => {
    const rule = bursty(0.3, 1000).give(10 * MINUTE, { exec: 20 })
    const before = rule.alerts.length
    rule.give(1, { exec: share(0.27) })
    expect(whys(rule.alerts.slice(before))).toEqual([['flood.start', 'info', 'share']])
    expect(rule.alerts.at(-1)?.['text']).toContain(
      '27 % of what can be drained, assumed to be 40,000: about as usual for it; narrow its rules',
    )
    rule.give(10, { exec: 20 })
    expect(whys(rule.alerts.slice(before + 1))).toEqual([['flood.end', 'info', 'share']])
  })

  it('is not told of below a fifth of it, nor where the key always makes half of that', () => {
    const little = bursty(0.19, 1000)
    const before = little.told.length
    expect(little.give(1, { exec: share(0.19) }).told).toHaveLength(before)
    const noise = new Random(2)
    const noisy = new Rule().give(3 * HOUR, () => ({ exec: share(noise.between(0.15, 0.6)) }))
    expect(noisy.told).toEqual([])
  })

  it('is told of every night, in each night as one', () => {
    const night = (i: number): number => (i % DAY < 600 ? share(i % 20 < 12 ? 0.3 : 0.01) : 0)
    const rule = new Rule().give(5 * DAY, (i) => ({ exec: 20, backup: night(i) }))
    const starts = rule.alerts.filter(({ type }) => type === 'flood.start')
    expect(whys(starts).slice(1)).toEqual([0, 1, 2].map(() => ['flood.start', 'info', 'share']))
  })

  it('is told of once while its bursts come every few minutes', () => {
    const rule = bursty(0.3, 250)
    const before = rule.told.length
    rule.give(4 * HOUR, (i) => ({ exec: i % 250 < 2 ? share(0.3) : 20 }))
    expect(rule.told.length - before).toBeLessThanOrEqual(2)
  })

  it('is in flood when it goes on for longer than usual: the same flood, worse', () => {
    const rule = bursty(0.3, 1000).give(100, { exec: 20 })
    const before = rule.alerts.length
    const from = new Date(rule.now * 1000).toISOString()
    rule.give(30, { exec: share(0.3) }).give(30, { exec: 20 })
    const told = rule.alerts.slice(before)
    expect(whys(told)).toEqual([
      ['flood.start', 'info', 'share'],
      ['flood.worse', 'warning', 'sustained'],
      ['flood.end', 'info', 'sustained'],
    ])
    expect(told.map(({ starts_at: at }) => at)).toEqual([from, from, from])
    expect(told.at(-1)?.['evidence']).toMatchObject({ seconds: 30, entries: 30 * share(0.3) })
  })

  it('is in flood when it makes more than usual, and critical when that is harm', () => {
    const rule = bursty(0.3, 1000).give(100, { exec: 20 })
    const before = rule.alerts.length
    rule.give(2, { exec: share(0.3) }).give(12, { exec: share(0.8) })
    expect(whys(rule.alerts.slice(before)).map(([type, severity]) => [type, severity])).toEqual([
      ['flood.start', 'info'],
      ['flood.worse', 'warning'],
      ['flood.worse', 'critical'],
    ])
  })
})

it('what begins when a long job is over takes no place of it', () => {
  const job = (i: number): number => (i % DAY < 1800 ? share(0.4) : 0)
  const rule = new Rule().give(3 * DAY + 1800, (i) => ({ exec: 20, backup: job(i) }))
  rule.give(180, { exec: 20 })
  const before = rule.told.length
  expect(rule.give(1, { exec: share(0.25) }).told.slice(before)).toEqual(['flood.start exec'])
})

/** Some minutes of three keys: quiet, noise, bursts and floods. */
const spell = fc.record({
  seconds: fc.integer({ min: 1, max: 90 }),
  rates: fc.tuple(
    ...[0, 1, 2].map(() => fc.constantFrom(0, 0, 30, 300, 900, 3000, 12_000, 50_000)),
  ),
})
const history = fc.array(spell, { minLength: 1, maxLength: 25 }).map((spells): Second[] =>
  spells.flatMap(({ seconds, rates }) =>
    Array.from({ length: seconds }, (_, i) => ({
      a: rates[0] + (i % 3) * 10,
      b: i % 7 < 3 ? rates[1] : 0,
      c: rates[2],
    })),
  ),
)

describe('whatever comes', () => {
  it('nothing begins twice, everything ends, and nothing gets worse without being told', () => {
    fc.assert(
      fc.property(history, (seconds) => {
        const rule = new Rule().give(seconds.length, (i) => seconds[i])
        rule.floods.finish()
        const open = new Map<string, string>()
        for (const { type, severity, evidence } of rule.alerts) {
          const key = (evidence as { key: string }).key
          const before = open.get(key)
          expect(before === undefined).toBe(type === 'flood.start')
          if (type === 'flood.worse') expect(before).not.toBe(severity)
          if (type === 'flood.end') open.delete(key)
          else open.set(key, String(severity))
        }
        expect([...open]).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('the same is told after a restart at any second', () => {
    fc.assert(
      fc.property(history, fc.nat(), (seconds, at) => {
        const whole = new Rule().give(seconds.length, (i) => seconds[i])
        const stop = at % seconds.length
        const first = new Rule().give(stop, (i) => seconds[i])
        const second = first.restarted().give(seconds.length - stop, (i) => seconds[stop + i])
        expect([...first.alerts, ...second.alerts]).toEqual(whole.alerts)
        expect(second.floods.state()).toEqual(whole.floods.state())
      }),
      { numRuns: 60 },
    )
  })
})

describe('what is remembered', () => {
  it('is bounded however many keys there are', () => {
    const rule = new Rule()
    rule.give(500, (i) => ({ [`key-${i}`]: 500 + i, [`other-${i}`]: 5 }))
    expect(rule.floods.state().baselines.keys).toHaveLength(MAX_BASELINES)
    expect(JSON.stringify(rule.floods.state()).length).toBeLessThan(50_000)
  })

  it('fades in a silence of any length', () => {
    const rule = host(5000).quiet(1e9)
    expect(rule.floods.state().baselines.pace).toBe(0)
    expect(rule.give(3, { exec: 5000 }).told).toEqual(['flood.start exec'])
  })
})

describe('on labelled host-days of every shape', () => {
  it('floods are found in time, under their key, and nobody is paged without one', () => {
    const scores = [KNOWN, HELD_OUT].map((shapes) => [...scoresOf(shapes, 9, 2, 1).values()])
    const all = together(scores.flat())
    const floods = strict(all)
    expect(floods.length).toBeGreaterThan(8)
    expect(floods.filter(({ delay }) => delay === null)).toEqual([])
    expect(floods.filter(({ delay }) => (delay ?? 0) > 2).length).toBeLessThanOrEqual(1)
    expect(floods.filter(({ attributed }) => !attributed)).toEqual([])
    expect(all.stray.critical).toBe(0)
    for (const kind of ['program', 'user', 'call', 'parent'] as const)
      expect(floods.filter(({ named }) => named?.[kind] === false)).toEqual([])
  }, 180_000)
})
