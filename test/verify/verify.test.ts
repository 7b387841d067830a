import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/model/delivery.ts'
import { Audit, type Period, type Verdict } from '../../src/verify/audit.ts'
import { tableOf } from '../../src/verify/table.ts'
import { events, heartbeats, type Made, timeAt } from './made.ts'

function audit(
  all: readonly Message[],
  counted: readonly Message[] = [],
  period?: Period,
): Verdict {
  const one = new Audit(period)
  for (const [n, line] of all.entries()) one.take(JSON.stringify(line), `rates.ndjson:${n + 1}`)
  for (const [n, line] of counted.entries())
    one.takeEvent(JSON.stringify(line), `events.ndjson:${n + 1}`)
  return one.verdict()
}

/** The heartbeat of one interval with other members. */
function changed(all: readonly Made[], interval: number, members: Message): Message[] {
  return all.map((one, n) => (n === interval ? { ...one, ...members } : one))
}

const some = fc.integer({ min: 3, max: 60 })
const shuffled = (count: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length: count }, (_, n) => n),
    { minLength: count },
  )

describe('heartbeats in which nothing is missing', () => {
  it('are complete in any order, and when some come again with other gauges', () => {
    fc.assert(
      fc.property(
        some.chain((count) => fc.tuple(fc.constant(count), shuffled(count), fc.nat(count - 1))),
        ([count, order, again]) => {
          const all = [...heartbeats(count), ...heartbeats(count, 'db-01', false)]
          const told = [...order.map((n) => all[n]), ...all.slice(count)]
          const verdict = audit([...told, { ...all[again], now: { lost_delta: null } }])
          expect(verdict.findings).toEqual([])
          expect(verdict.complete).toBe(true)
          expect(verdict.hours[0]).toMatchObject({ node: 'db-01', events: count * 10 })
        },
      ),
    )
  })

  it('are complete over a boot, and over a silence that the stream spans', () => {
    const [before, after] = [heartbeats(3, 'db-01', false), heartbeats(9, 'db-01', false).slice(5)]
    expect(audit([...before, ...after.map((one) => ({ ...one, boot: 'b2' }))]).findings).toEqual([])
    const late = heartbeats(4).map((one, n) =>
      n < 3 ? one : { ...one, from: timeAt(50), to: timeAt(51) },
    )
    expect(audit(late).findings).toEqual([])
  })
})

describe('what is missing', () => {
  it('is every run of heartbeats that was taken away, wherever', () => {
    fc.assert(
      fc.property(
        some.chain((count) =>
          fc.tuple(
            fc.constant(count),
            fc.integer({ min: 1, max: count - 2 }),
            fc.nat(10),
            fc.boolean(),
          ),
        ),
        ([count, from, more, hasStream]) => {
          const to = Math.min(count - 1, from + 1 + more)
          const all = heartbeats(count, 'web-01', hasStream)
          const verdict = audit(all.filter((_, n) => n < from || n >= to))
          expect(verdict.complete).toBe(false)
          expect(verdict.findings).toMatchObject([
            {
              cause: 'heartbeat',
              node: 'web-01',
              from: timeAt(from),
              to: timeAt(to),
              count: to - from,
              range: `${from * 10 + 1}-${to * 10}`,
            },
          ])
        },
      ),
    )
  })

  it('is named with its serials, and with the reason that the stream gives', () => {
    const range = { from: 24, to: 26, count: 3, before: timeAt(2), after: timeAt(3) }
    const ranges = [
      { ...range, why: null },
      { ...range, why: 'spool.died' },
      { ...range, why: 'auditd.restarted' },
    ]
    const serials = { first: 21, last: 30, missing: 15, ranges, more: 2 }
    const { findings } = audit(changed(heartbeats(5), 2, { serials }))
    expect(findings.map(({ cause, count, range: where }) => [cause, count, where])).toEqual([
      ['gap', 3, '24-26'],
      ['spool', 3, '24-26'],
      ['restart', 3, '24-26'],
      ['gap', 6, null],
    ])
  })

  it('is what the spool announced, what the kernel lost, and what was not given on', () => {
    const holes = [
      { why: 'spool.dropped', at: '1.0.2100', lines: 7, bytes: 700 },
      { why: 'spool.died', at: '1.0.2200', lines: null, bytes: null },
    ]
    const all = heartbeats(5)
    const stream = { ...all[2].stream, dropped_lines: 9, holes }
    const more = { stream, out: { events: 8, records: 24 }, now: { lost_delta: 4 } }
    const { findings } = audit(changed(all, 2, more))
    expect(findings.map(({ cause, count, unit }) => [cause, count, unit])).toEqual([
      ['spool', 7, 'lines'],
      ['spool', null, 'lines'],
      ['spool', 2, 'lines'],
      ['kernel', 4, 'losses'],
      ['delivery', 2, 'events'],
    ])
  })

  it('is a part of a heartbeat, one that contradicts another, and a line that is none', () => {
    const all = heartbeats(3)
    const changes = [
      ...changed(all, 1, { parts: 2 }),
      { ...all[2], rejected: 5 },
      { type: 'flood.start' },
    ]
    expect(
      audit(changes)
        .findings.map(({ cause }) => cause)
        .toSorted(),
    ).toEqual(['conflict', 'heartbeat', 'unreadable'])
  })

  it('is no digest that was given up when the heartbeat was told once, but is two that differ', () => {
    const told = (sha256: string | null): Message[] => {
      const [one, ...rest] = heartbeats(3)
      return [{ ...one, stream: { ...one.stream, sha256 } }, ...rest]
    }
    const causes = (...all: Message[][]): string[] =>
      audit(all.flat()).findings.map(({ cause }) => cause)
    expect(causes(told('aa'), told(null))).toEqual([])
    expect(causes(told(null), told('aa'))).toEqual([])
    expect(causes(told('aa'), told('bb'))).toEqual(['conflict'])
  })

  it('is what lies at the ends of the period asked about', () => {
    const period = { from: Date.parse(timeAt(-2)), to: Date.parse(timeAt(9)) }
    const { findings } = audit(heartbeats(5), [], period)
    expect(findings.map(({ from, to }) => [from, to])).toEqual([
      [timeAt(-2), timeAt(0)],
      [timeAt(5), timeAt(9)],
    ])
    expect(audit([]).complete).toBe(false)
  })

  it('is no reject, and no event whose end was not seen: those are there', () => {
    const { complete, notes } = audit(changed(heartbeats(3), 1, { rejected: 2, incomplete: 1 }))
    expect(complete).toBe(true)
    expect(notes.map(({ cause, count }) => [cause, count])).toEqual([
      ['rejected', 2],
      ['incomplete', 1],
    ])
  })
})

describe('an hour', () => {
  const at = (interval: number, hasStream: boolean): Message =>
    heartbeats(interval + 1, 'web-01', hasStream)[interval]
  const rows = ({ hours }: Verdict): unknown[] =>
    hours.map(({ hour, heartbeats: many, complete }) => [hour.slice(11, 16), many, complete])

  it('is not complete when something missing reaches into it, with heartbeats or without', () => {
    const verdict = audit([at(0, true), at(3 * 360 + 120, true)])
    expect(rows(verdict)).toEqual([
      ['07:00', 1, false],
      ['08:00', 0, false],
      ['09:00', 0, false],
      ['10:00', 1, false],
    ])
  })

  it('is complete up to where the next one begins', () => {
    const verdict = audit(heartbeats(720).toSpliced(350, 10))
    expect(rows(verdict)).toEqual([
      ['07:00', 350, false],
      ['08:00', 360, true],
    ])
  })

  it('is not known where the host was started again and no heartbeat tells', () => {
    const verdict = audit([at(0, false), { ...at(3 * 360, false), boot: 'b2' }])
    expect(verdict.complete).toBe(true)
    expect(verdict.notes).toMatchObject([{ cause: 'boot', from: timeAt(1), to: timeAt(3 * 360) }])
    expect(rows(verdict)).toEqual([
      ['07:00', 1, true],
      ['08:00', 0, null],
      ['09:00', 0, null],
      ['10:00', 1, true],
    ])
    expect(tableOf(verdict)).toMatch(/08:00 .* not known\n/)
  })

  it('of a time that nobody lived through is not told one by one', () => {
    const far = { ...at(0, false), from: '9000-01-01T00:00:00Z', to: '9000-01-01T00:00:10Z' }
    expect(audit([at(0, false), far]).hours).toHaveLength(3)
  })
})

describe('a line', () => {
  it('is a heartbeat or unreadable, whatever is in its place', () => {
    const [one] = heartbeats(1)
    const odd = [null, 'x', -1, 1.5, {}, [], [null], [{}]]
    const places: readonly (readonly string[])[] = [
      ...Object.keys(one).map((name) => [name]),
      ...['in', 'out', 'total', 'serials', 'stream', 'now'].flatMap((name) =>
        Object.keys(one[name] as object).map((member) => [name, member]),
      ),
    ]
    for (const [name, member] of places)
      for (const value of odd) {
        const inner = member === undefined ? value : { ...(one[name] as object), [member]: value }
        const verdict = audit([{ ...one, [name]: inner }])
        const said = tableOf(verdict)
        expect(said, `${name} ${member} ${JSON.stringify(value)}`).not.toMatch(/NaN|undefined/)
      }
  })

  it('of a node with controls in its name turns nothing on a terminal', () => {
    const all = heartbeats(5, 'a\u202eb\u001b[31m').toSpliced(2, 1)
    expect(tableOf(audit(all))).not.toMatch(/[^\n\P{C}]/u)
  })
})

describe('events', () => {
  it('of a spool that was made anew have the positions of others, and count', () => {
    const all = heartbeats(4)
    const anew = all.slice(2).map((one, n) => ({ ...one, stream: all[n].stream, boot: 'b2' }))
    const again = events(4).map((one, n) => {
      const event = one['EVENT'] as { readonly pos: string }
      return { ...one, EVENT: { ...event, pos: `1.0.${(n % 20) * 100}` } }
    })
    const causes = audit([...all.slice(0, 2), ...anew], again).findings.map(({ cause }) => cause)
    expect(causes).not.toContain('events')
  })

  it('are held against what heartbeats count, each once', () => {
    fc.assert(
      fc.property(some, fc.nat(1000), (count, gone) => {
        const all = events(count)
        expect(audit(heartbeats(count), [...all, ...all.slice(0, 20)]).complete).toBe(true)
        const at = gone % all.length
        const { findings } = audit(heartbeats(count), all.toSpliced(at, 1))
        const interval = Math.floor(at / 10)
        expect(findings).toMatchObject([
          { cause: 'events', count: 1, from: timeAt(interval), to: timeAt(interval + 1) },
        ])
      }),
    )
  })

  it('that came late count in the interval of their coming', () => {
    const told = heartbeats(4).map((one, n) => {
      if (n === 1) return { ...one, total: { events: 9, late: 0 } }
      return n === 3 ? { ...one, total: { events: 10, late: 1 } } : one
    })
    expect(audit(told, events(4)).findings).toEqual([])
    expect(audit(told, events(4).toSpliced(12, 1)).findings).toMatchObject([
      { cause: 'events', count: 1, text: expect.stringContaining('late') as string },
    ])
  })
})

describe('events that are not there', () => {
  it('are named by their serials, in runs', () => {
    const left = events(3).filter((_, i) => ![2, 3, 4, 7, 15].includes(i))
    const { findings } = audit(heartbeats(3), left)
    expect(findings.map(({ count, range }) => [count, range])).toEqual([
      [4, '3-5 8'],
      [1, '16'],
    ])
    expect(findings[0].text).toMatch(/not in the files: serials 3-5 8$/)
  })

  it('are not looked for where they did not come, nor daemon events, and serials wrap', () => {
    const ranges = [{ from: 2, to: 3, count: 2, before: timeAt(0), after: timeAt(1), why: null }]
    const top = 2 ** 32 - 2
    const [one] = heartbeats(1)
    const serials = { first: top, last: 5, missing: 2, ranges, more: 0 }
    const there = events(1).slice(0, 5)
    const numbered = [top, top + 1, 0, 1, 5].map((serial, i) => ({
      ...there[i],
      EVENT: { ...(there[i]['EVENT'] as Message), serial },
    }))
    const daemon = {
      ...there[0],
      EVENT: { ...numbered[0].EVENT, id: 'web-01:1.0:d4', pos: '1', serial: 4 },
    }
    const { findings } = audit([{ ...one, serials }], [...numbered, daemon])
    expect(findings.map(({ cause, range }) => [cause, range])).toEqual([
      ['gap', '2-3'],
      ['events', '4'],
    ])
  })

  it('are looked for beside a range of any length that a heartbeat may claim', () => {
    const [one] = heartbeats(1)
    const range = { from: 8, to: 9, before: timeAt(0), after: timeAt(1), why: null }
    for (const count of [2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const serials = { first: 1, last: 10, missing: 0, ranges: [{ ...range, count }], more: 0 }
      const { findings } = audit([{ ...one, serials }], events(1).slice(0, 9))
      expect(findings.map(({ cause }) => cause)).toContain('events')
    }
  })
})

describe('what reconcile brought back', () => {
  const range = {
    from: 24,
    to: 26,
    count: 3,
    before: timeAt(2),
    after: timeAt(3),
    why: 'spool.died',
  }
  const serials = { first: 21, last: 30, missing: 3, ranges: [range], more: 0 }
  const hole = { why: 'spool.died', at: '1.0.2500', lines: null, bytes: null }
  const told = () => {
    const all = heartbeats(5)
    const stream = { ...all[2].stream, holes: [hole] }
    const total = { events: 7, late: 0 }
    return changed(all, 2, { serials, stream, total })
  }
  const back = (...numbers: number[]): Message[] =>
    events(5).flatMap((event, i) =>
      numbers.includes(i + 1)
        ? [
            {
              ...event,
              EVENT: { ...(event['EVENT'] as Message), pos: `0.0.${i}`, recovered: true },
            },
          ]
        : [],
    )
  const rest = events(5).filter((_, i) => i < 23 || i > 25)

  it('closes serials when all of them are there, and the hole in which they lie', () => {
    const { complete, findings, closed, hours } = audit(told(), [...rest, ...back(24, 25, 26)])
    expect({ complete, findings }).toEqual({ complete: true, findings: [] })
    expect(closed.map(({ unit, why }) => [unit, why])).toEqual([
      ['events', 'spool.died'],
      ['lines', 'spool.died'],
    ])
    expect(hours).toMatchObject([{ missing: 3, recovered: 3, complete: true, causes: [] }])
    const text = tableOf(audit(told(), [...rest, ...back(24, 25, 26)]))
    expect(text).toMatch(/^filled: web-01 .* serials 24-26 did not come.*all were brought back$/m)
  })

  it('leaves open what was brought back in part, at another time or on another node', () => {
    const { findings, closed } = audit(told(), [...rest, ...back(24, 26)])
    expect(closed).toEqual([])
    expect(findings.map(({ unit, text }) => [unit, /(\d) of these/.exec(text)?.[1]])).toEqual([
      ['events', '2'],
      ['lines', undefined],
    ])
    const other = back(24, 25, 26).map((event) => ({ ...event, NODE: 'db-01' }))
    expect(audit(told(), [...rest, ...other]).closed).toEqual([])
    const later = back(24, 25, 26).map((event) => ({
      ...event,
      EVENT: { ...(event['EVENT'] as Message), time: timeAt(300) },
    }))
    expect(audit(told(), [...rest, ...later]).closed).toEqual([])
  })
})

describe('the table', () => {
  it('has a row for each node and hour, and a line for each thing that is missing', () => {
    const all = heartbeats(361)
    const lines = tableOf(audit(all.toSpliced(180, 1))).split('\n')
    expect(lines[1]).toMatch(
      /^web-01 {2}2026-11-22T07:00 +359 +3590 +0 +0 +0 +0 +0 +0 {2}heartbeat$/,
    )
    expect(lines[2]).toMatch(/^web-01 {2}2026-11-22T08:00 +1 +10 .*complete$/)
    expect(lines[4]).toBe('What is missing (1):')
    expect(lines[5]).toContain('1 heartbeat is not there')
  })

  it('lets no control character of a node name through', () => {
    expect(tableOf(audit(heartbeats(2, 'web\u001b[2J')))).not.toContain('\u001b')
  })
})
