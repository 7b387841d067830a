import { describe, expect, it } from 'vitest'
import { accountOf } from '../../src/analyse/losses/account.ts'
import { blameOf, type Seconds } from '../../src/analyse/losses/blame.ts'
import { CAUSES, type Cause, diagnose } from '../../src/analyse/losses/diagnosis.ts'
import { NOT_TORN } from '../../src/analyse/losses/kernel-state.ts'
import type { Sign } from '../../src/analyse/losses/signs.ts'

/** By losses, gaps and signs: what each is diagnosed as. */
const TABLE: readonly (readonly [number, number, readonly Sign[], Cause])[] = [
  [19_759, 0, ['backlog'], 'burst'],
  [19_759, 0, [], 'burst'],
  [19_759, 3, ['backlog', 'waited'], 'burst'],
  [1615, 537, ['rate'], 'rate_limit'],
  [305, 90, ['limited'], 'rate_limit'],
  [40, 0, ['memory'], 'memory'],
  [0, 1247, ['drops', 'printed', 'waited'], 'auditd_stalled'],
  [800, 147, ['backlog', 'printed'], 'auditd_stalled'],
  [900, 200, ['retry'], 'auditd_stalled'],
  [18_827, 0, ['backlog', 'absent'], 'no_auditd'],
  [0, 300, ['absent'], 'no_auditd'],
  [8342, 520, ['backlog'], 'slow_plugin'],
  [8342, 0, ['backlog', 'queue-full'], 'slow_plugin'],
  [0, 520, ['queue-full'], 'plugin_queue'],
  [0, 520, [], 'unknown'],
  [0, 0, ['waited'], 'blocking'],
  [0, 0, ['waiting', 'waited'], 'blocking'],
  [0, 0, ['hung'], 'lost_wakeup'],
  [0, 0, [], 'unknown'],
]

describe('the cause of a loss', () => {
  it.each(TABLE)('of %i losses and %i gaps with %j is %s', (losses, gaps, seen, cause) => {
    const signs = new Map(seen.map((sign) => [sign, 1]))
    expect(diagnose({ losses, gaps, isBehind: false, signs })).toBe(cause)
  })

  it('is a slow plugin where more waits than the kernel and the sockets hold', () => {
    const found = { losses: 8342, gaps: 0, isBehind: true, signs: new Map() }
    expect(diagnose(found)).toBe('slow_plugin')
  })

  it('is a stalled auditd from the sixth send that failed on: before that no record is given up', () => {
    const of = (drops: number): Cause =>
      diagnose({ losses: 5449, gaps: 47, isBehind: true, signs: new Map([['drops', drops]]) })
    expect([3, 5, 6, 18].map(of)).toEqual([
      'slow_plugin',
      'slow_plugin',
      'auditd_stalled',
      'auditd_stalled',
    ])
  })

  it('is each said in words, with something to do', () => {
    for (const cause of new Set(TABLE.map(([, , , one]) => one)))
      expect(Object.values(CAUSES[cause]).every((words) => words.length > 10)).toBe(true)
  })
})

/** Seconds of a steady key and, from second 20 on, one that floods and of which little comes through. */
const seconds: Seconds = {
  tallyOf: (second) => [
    { key: 'steady', events: 200, records: 400, entries: 600 },
    ...(second === 20 ? [{ key: 'floods', events: 250, records: 750, entries: 1000 }] : []),
  ],
}
const loss = {
  from: 20_100,
  to: 20_900,
  losses: 19_750,
  gaps: 0,
  torn: NOT_TORN,
  cause: 'burst',
} as const

describe('what a loss costs', () => {
  it('is the events that the kernel refused, with the records that those of the key have', () => {
    const { events, records } = accountOf(loss, seconds)
    expect(events).toBe(19_750)
    expect(records).toBe(19_750 * 3)
  })

  it('is that of the key which makes more than usual, not of those that go on', () => {
    expect(accountOf(loss, seconds).shares).toMatchObject([{ key: 'floods', share: 1 }])
  })

  it('is not that of a key that goes on, though it makes by chance more than in any second before', () => {
    const { shares } = accountOf(loss, {
      tallyOf: (second) =>
        (seconds.tallyOf(second) ?? []).map((one) =>
          one.key === 'steady' && second === 20
            ? { ...one, events: 235, records: 470, entries: 705 }
            : one,
        ),
    })
    expect(shares).toMatchObject([{ key: 'floods', share: 1 }])
  })

  it('is shared by what came through, where nobody makes more than usual', () => {
    const { shares } = accountOf({ ...loss, from: 30_000, to: 31_000 }, seconds)
    expect(shares).toMatchObject([{ key: 'steady', share: 1 }])
  })

  it('counts what was dropped behind the queue by its serials', () => {
    expect(accountOf({ ...loss, gaps: 500, cause: 'slow_plugin' }, seconds).events).toBe(20_250)
    const limited = accountOf({ ...loss, losses: 1600, gaps: 400, cause: 'rate_limit' }, seconds)
    expect(limited).toMatchObject({ events: 400, records: 1200 })
  })

  it('is no event of which only the end was refused', () => {
    const { events, records } = accountOf(
      { ...loss, torn: { entries: 800, records: 100, ofOver: 100 } },
      seconds,
    )
    expect(events).toBe(18_950)
    // 250 events came with 750 records and lack 100, so that a whole one has 3.4.
    expect(records).toBe(18_950 * 3.4 + 100)
  })

  it('has records by the events that are over, whatever those lack that are open', () => {
    const torn = { entries: 800, records: 400, ofOver: 100 }
    const { events, records } = accountOf({ ...loss, torn }, seconds)
    expect(records).toBe(events * 3.4 + 400)
  })

  it('is not known in records where no stream tells', () => {
    expect(accountOf(loss, null)).toMatchObject({ events: 19_750, records: null, shares: [] })
  })
})

describe('shares', () => {
  it('are the more certain the more was seen, and their intervals hold the truth', () => {
    const rates = new Map([
      ['a', 80],
      ['b', 20],
    ])
    const [few, many] = [20, 2000].map((n) => blameOf(rates, new Map(), n).shares[0])
    expect(few).toMatchObject({ key: 'a', share: 0.8 })
    expect(few.error).toBeGreaterThan(many.error)
    expect(few.error).toBeGreaterThan(0.1)
    expect(many.error).toBeLessThan(0.03)
  })
})
