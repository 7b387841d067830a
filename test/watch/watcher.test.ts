import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Said } from '../../src/model/reading.ts'
import type { Views } from '../../src/watch/views.ts'
import { Watcher } from '../../src/watch/watcher.ts'

const HEAD = 'sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode'
const socket = (rmem: number, drops = 0): string =>
  `${HEAD}\na 9 947 00000000 ${rmem} 0 0 2 ${drops} 5\n`
const STATUS = ['enabled 1', 'pid 947', 'lost 3', 'backlog 0', 'backlog_limit 64']

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setInterval', 'setTimeout', 'clearTimeout', 'clearInterval', 'performance'],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

const NO_RULES = ['No rules']

/** A log with these lines. */
const logOf = (...lines: string[]): Pick<Views, 'logs'> => ({
  logs: [
    {
      name: '/dev/kmsg',
      async *lines() {
        yield* lines
      },
    },
  ],
})

/** Runs a watcher over views for so many seconds and gives what it tells. */
async function watch(
  views: Partial<Views>,
  seconds: number,
): Promise<{ said: Said[]; troubles: string[] }> {
  const said: Said[] = []
  const troubles: string[] = []
  const stop = new AbortController()
  const watcher = new Watcher({
    views: {
      status: async () => STATUS,
      rules: async () => NO_RULES,
      netlink: () => socket(0),
      state: () => null,
      wanted: () => 0,
      logs: [],
      hz: 250,
      ...views,
    },
    interval: 10_000,
    tell: (reading) => said.push(reading),
    onTrouble: (trouble) => troubles.push(trouble),
  })
  const run = watcher.run(stop.signal)
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  stop.abort()
  await run
  return { said, troubles }
}

const kinds = (said: readonly Said[]): unknown[] =>
  said
    .filter(({ kind }) => kind !== 'rules')
    .map((reading) => ('why' in reading ? reading.why : reading.kind))

describe('a watcher', () => {
  it('asks the kernel once an interval and shows its socket as often', async () => {
    const { said } = await watch({}, 25)
    expect(kinds(said)).toEqual(['netlink', 'status', 'netlink', 'status', 'netlink', 'status'])
    expect(said[1]).toMatchObject({ kind: 'status', lost: 3, backlog_limit: 64, rate_limit: null })
  })

  it('shows the socket at once when sends have failed', async () => {
    let looks = 0
    const { said } = await watch({ netlink: () => socket(0, ++looks > 3 ? 7 : 0) }, 6)
    expect(said.filter(({ kind }) => kind === 'netlink')).toEqual([
      { kind: 'netlink', pid: 947, rmem: 0, drops: 0 },
      { kind: 'netlink', pid: 947, rmem: 0, drops: 7 },
    ])
  })

  it('asks nothing while the socket of auditd fills up, says so, and asks when it is over', async () => {
    let asked = 0
    let looks = 0
    const views = {
      status: async () => (asked++, STATUS),
      netlink: () => socket(++looks <= 25 ? 211_968 : 0),
    }
    const { said } = await watch(views, 15)
    expect(asked).toBe(0)
    expect(kinds(said).filter((kind) => kind !== 'netlink')).toEqual(['lag', 'lag'])
    looks = 0
    const later = await watch(views, 30)
    expect(kinds(later.said).filter((kind) => kind !== 'netlink')).toEqual([
      'lag',
      'lag',
      'lag',
      'status',
    ])
  })

  it('asks one thing at a time, and says when the answer does not come', async () => {
    let asked = 0
    const { said } = await watch({ status: () => (asked++, new Promise(() => {})) }, 60)
    expect(asked).toBe(1)
    expect(kinds(said).filter((kind) => kind !== 'netlink')).toEqual(['waiting'])
  })

  it('tells how long an answer took', async () => {
    const { said } = await watch(
      { status: () => new Promise((resolve) => setTimeout(() => resolve(STATUS), 3000)) },
      5,
    )
    expect(kinds(said)).toEqual(['netlink', 'waiting', 'status'])
    expect(said[2]).toMatchObject({ took_ms: 3000 })
  })

  it('goes on when something cannot be read, and says so once', async () => {
    const { said, troubles } = await watch(
      {
        status: async () => {
          throw new Error('auditctl -s failed: Operation not permitted')
        },
        logs: [
          {
            name: '/dev/kmsg',
            // oxlint-disable-next-line require-yield
            async *lines() {
              throw new Error('EPERM: operation not permitted, open')
            },
          },
        ],
      },
      25,
    )
    expect(kinds(said).filter((kind) => kind !== 'netlink')).toEqual(['failed', 'failed', 'failed'])
    expect(troubles.toSorted()).toEqual([
      'cannot read the log /dev/kmsg: operation not permitted',
      'cannot read the status of the kernel: auditctl -s failed: Operation not permitted',
    ])
  })

  it('tells what the kernel log says about audit, and nothing else of it', async () => {
    const { said } = await watch(
      logOf(
        '6,1,1,-;usb 1-1: new device',
        '4,2,2,-;audit: audit_lost=9 audit_rate_limit=0 audit_backlog_limit=64',
      ),
      1,
    )
    expect(said.filter(({ kind }) => kind === 'kmsg')).toEqual([
      { kind: 'kmsg', says: 'lost', lost: 9, rate_limit: 0, backlog_limit: 64 },
    ])
  })

  it('tells what auditd says, from a log that the kernel writes to as well', async () => {
    const { said } = await watch(
      logOf(
        'Nov 22 16:36:07 web-01 auditd[947]: queue to plugins is full - dropping event',
        'Nov 22 16:36:08 web-01 kernel: audit: backlog limit exceeded',
        'Nov 22 16:36:09 web-01 cron[3]: The audit daemon is exiting.',
      ),
      1,
    )
    expect(said.filter(({ kind }) => kind === 'auditd' || kind === 'kmsg')).toEqual([
      { kind: 'auditd', says: 'queue-full' },
      { kind: 'kmsg', says: 'backlog' },
    ])
  })

  it('says at once that auditd is gone: its socket is', async () => {
    let looks = 0
    const { said } = await watch({ netlink: () => (++looks > 4 ? HEAD : socket(0)) }, 9)
    expect(said.filter(({ kind }) => kind === 'auditd')).toEqual([
      { kind: 'auditd', says: 'absent', pid: 947 },
    ])
  })

  it('lists the rules every minute', async () => {
    const rules = ['-w /etc/passwd -p wa -k identity', '-a never,exit -S all -F exe=/usr/bin/x']
    const { said } = await watch({ rules: async () => rules }, 130)
    const listings = said.filter(({ kind }) => kind === 'rules')
    expect(listings).toHaveLength(3)
    expect(listings[0]).toMatchObject({ rules, more: 0 })
  })

  it('lists the rules once it was asked to and the asking has ceased', async () => {
    let second = 0
    let listed: number[] = []
    const views = {
      rules: async () => (listed.push(second), NO_RULES),
      // Wished for in the seconds 10, 11 and 12, as rules are loaded one by one.
      wanted: () => (++second < 10 ? 0 : Math.min(second, 12)),
    }
    await watch(views, 30)
    expect(listed).toHaveLength(2)
    expect(listed[1]).toBeGreaterThan(12)
    expect(listed[1]).toBeLessThan(16)
    listed = []
    second = 0
    await watch({ ...views, wanted: () => ++second }, 30)
    expect(listed.length).toBeGreaterThan(3)
  })

  it('lists no rules while the socket of auditd fills up', async () => {
    let listed = 0
    await watch({ rules: async () => (listed++, NO_RULES), netlink: () => socket(211_968) }, 70)
    expect(listed).toBe(0)
  })

  it('tells the state that auditd writes, once each time it does', async () => {
    const text = 'audit version = 3.0.9\nplugin queue size = 600\nlogging suspended = no\n'
    let looks = 0
    const { said } = await watch(
      { state: () => ({ text, written: ++looks < 3 ? 1000 : 2000 }) },
      55,
    )
    const states = said.filter(({ kind }) => kind === 'state')
    expect(states.map((state) => 'written' in state && state.written)).toEqual([
      '1970-01-01T00:00:01.000Z',
      '1970-01-01T00:00:02.000Z',
    ])
    expect(states[0]).toMatchObject({ queue_size: 600, logging_suspended: false, plugins: null })
  })
})
