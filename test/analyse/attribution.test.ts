import { describe, expect, it } from 'vitest'
import type { Culprits } from '../../src/analyse/origins/culprits.ts'
import type { Message } from '../../src/model/delivery.ts'
import { callOf, callOfType, USER_ROOM } from '../../src/model/origins.ts'
import { Bench, type Item, toldInParts } from './blocks.ts'

const T = 1_700_000_000
const OPENAT = callOf(0xc000003e, 257)

type Made = Omit<Extract<Item, { kind: 'event' }>, 'kind' | 'at'>

/** `n` events of ten entries in each of the seconds `from … to`, made by whoever `of` gives. */
function seconds(from: number, to: number, n: number, of: (i: number) => Made): Item[] {
  return Array.from({ length: to + 1 - from }, (_, second) =>
    Array.from(
      { length: n },
      (__, i): Item => ({
        kind: 'event',
        at: T + from + second,
        keys: ['k'],
        records: 9,
        eoe: 1,
        ...of(i),
      }),
    ),
  ).flat()
}

const cron = { program: '/usr/sbin/cron', path: '/etc/cron.d', user: 0, call: OPENAT, parent: 1 }
const backup = {
  program: '/usr/bin/rsync',
  path: '/srv/data',
  user: 1000,
  call: OPENAT,
  parent: 77,
}
const calm = seconds(1, 4, 2, () => cron)
const after = seconds(7, 7, 1, () => ({ ...cron, records: 1 })).map((one) => ({
  ...(one as Extract<Item, { kind: 'event' }>),
  at: T + 7.3,
}))

function originsOf({ alerts }: Bench): Culprits {
  const [{ evidence }] = alerts
  return (evidence as Message)['origins'] as Culprits
}

describe('a flood', () => {
  it('is told with program, user, call, path and parent, each with its share', () => {
    const flood = seconds(5, 6, 1200, (i) => (i % 20 === 0 ? cron : backup))
    const bench = new Bench().take(...calm, ...flood, ...after)
    const { program, user, call, path, parent } = originsOf(bench)
    expect(program[0]).toMatchObject({ name: '/usr/bin/rsync', usual_per_s: 0 })
    for (const [one] of [program, user, path, parent]) {
      expect(one.share).toBeLessThanOrEqual(0.95)
      expect(one.share + one.error).toBeGreaterThanOrEqual(0.95)
      expect(one.error).toBeLessThan(0.02)
    }
    expect([user, call, path, parent].map(([{ name }]) => name)).toEqual([
      'auid 1000',
      'openat',
      '/srv/data',
      'pid 77',
    ])
    expect(call[0].share + call[0].error).toBe(1)
    expect(originsOf(bench).together[0]).toMatchObject({
      program: '/usr/bin/rsync',
      user: 'auid 1000',
      call: 'openat',
      path: '/srv/data',
      usual_per_s: 0,
    })
    expect(bench.alerts[0]['text']).toMatch(
      /by \/usr\/bin\/rsync \(9\d %\), auid 1000 \(9\d %\), openat \(\d+ %\), in \/srv\/data \(9\d %\), started by pid 77 \(9\d %\): narrow/,
    )
  })

  it('is told by who makes more than usual, not by who always makes most', () => {
    const usual = seconds(1, 60, 300, () => cron)
    const flood = seconds(61, 64, 1300, (i) => (i < 700 ? cron : backup))
    const grown = seconds(61, 64, 1900, (i) => (i < 300 ? { ...cron, parent: 1 } : backup))
    for (const more of [flood, grown]) {
      const end = seconds(65, 65, 1, () => cron).map((one) => ({ ...one, at: T + 65.3 }) as Item)
      const bench = new Bench().take(...usual, ...more, ...end)
      expect(bench.alerts[0]).toMatchObject({ type: 'flood.start' })
      const [first] = originsOf(bench).program
      expect(first.name).toBe('/usr/bin/rsync')
    }
  })

  it('of many paths is told by the directory above them', () => {
    const flood = seconds(5, 6, 1200, (i) => ({ ...backup, path: `/home/alice/d${i}` }))
    const [all] = originsOf(new Bench().take(...calm, ...flood, ...after)).path
    expect(all.name).toBe('/home/alice/')
    expect(all.share).toBeGreaterThan(0.9)
    const few = seconds(5, 6, 1200, (i) => ({ ...backup, path: `/home/alice/d${i % 8}` }))
    const [{ name, share }] = originsOf(new Bench().take(...calm, ...few, ...after)).path
    expect(name).toBe('/home/alice/')
    expect(share).toBeGreaterThan(0.5)
  })

  it('of a walk through a tree is told by the root of the tree', () => {
    const flat = seconds(5, 6, 1200, (i) => ({
      ...backup,
      path: `/srv/tree/${Math.floor(i / 40)}/x${i % 40}`,
    }))
    const deep = seconds(5, 6, 1200, (i) => ({ ...backup, path: `/srv/d${i % 300}/e${i}` }))
    for (const [flood, name] of [
      [flat, '/srv/tree/'],
      [deep, '/srv/'],
    ] as const) {
      const { path } = originsOf(new Bench().take(...calm, ...flood, ...after))
      expect(path[0].name).toBe(name)
      expect(path[0].share).toBeGreaterThan(0.8)
      expect(path[0].share).toBeLessThanOrEqual(1)
    }
  })

  it('by programs that come once each names none of them, but the user', () => {
    const flood = seconds(5, 6, 1200, (i) => ({
      ...backup,
      program: `/tmp/p${i}`,
      user: USER_ROOM + 33,
      call: callOfType(1112),
    }))
    const bench = new Bench().take(...calm, ...flood, ...after)
    const { program, user, call } = originsOf(bench)
    expect(program.every(({ share }) => share < 0.05)).toBe(true)
    expect(user[0].name).toBe('uid 33')
    expect(call[0].name).toBe('USER_LOGIN')
    expect(bench.alerts[0]['text']).toContain('by uid 33')
  })

  it('is told the same however the stream is cut, and after a restart', () => {
    const items = [
      ...calm,
      ...seconds(5, 6, 1200, (i) => ({ ...backup, program: `/p${i % 3}`, parent: i })),
      ...after,
    ]
    const whole = new Bench().take(...items)
    for (const cuts of [[700], [5, 1000, 1001, 2000], [2400]])
      expect(toldInParts(items, cuts).alerts).toEqual(whole.alerts)
  })
})

describe('the heartbeat of an interval', () => {
  const items = [
    ...seconds(1, 9, 40, (i) => ({ ...backup, program: `/p${i % 4 === 0 ? 1 : 0}` })),
    ...seconds(1, 9, 1, () => ({ ...cron, keys: ['few'] })),
    ...seconds(13, 14, 90, () => ({ ...cron, keys: ['k', 'later'] })),
    ...seconds(45, 45, 1, () => cron),
  ]

  it('has for each busy key who made most of it, and its busiest second in entries', () => {
    const [first, second] = new Bench().take(...items).heartbeats
    const [k, few] = first['keys'] as Message[]
    const [most, less] = k['origins'] as Message[]
    expect(most).toMatchObject({
      program: '/p0',
      user: 'auid 1000',
      call: 'openat',
      path: '/srv/data',
    })
    expect(most['share']).toBeLessThanOrEqual(0.75)
    expect(Number(most['share']) + Number(most['error'])).toBeGreaterThanOrEqual(0.75)
    expect(less).toMatchObject({ program: '/p1' })
    expect(k).toMatchObject({ peak_entries_per_s: 400, peak_records_per_s: 360 })
    expect(few).toMatchObject({ key: 'few', peak_entries_per_s: 10 })
    expect(few).not.toHaveProperty('origins')
    for (const { key, origins } of second['keys'] as Message[])
      expect([key, (origins as Message[])[0]['program']]).toEqual([key, '/usr/sbin/cron'])
  })

  it('has the same of them however the stream is cut, and after a restart', () => {
    const whole = new Bench().take(...items).heartbeats
    for (const cuts of [[100], [5, 200, 201, 369], [371, 400, 500]]) {
      const told = toldInParts(items, cuts).heartbeats
      expect(told.map((one) => ({ ...one, stream: null }))).toEqual(
        whole.map((one) => ({ ...one, stream: null })),
      )
    }
  })
})
