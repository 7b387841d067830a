import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/model/failure.ts'
import { type Ended, spillway } from './spillway.ts'
import { alertOf, originsOf, placeOf, statusOf, windowsOf } from './status-file.ts'

const places: string[] = []
afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true })
})

async function status(file: object | null, ...flags: string[]): Promise<Ended> {
  const place = placeOf(file)
  places.push(place)
  return spillway(['status', '--config', join(place, 'spillway.yaml'), ...flags])
}

const first = (out: string): string => out.split('\n')[0]

describe('spillway status', () => {
  it('says in one line that all is well, then everything on one screen', async () => {
    const { code, out, err } = await status(statusOf())
    expect([code, err, first(out)]).toEqual([ExitCode.Ok, '', 'web-01: fine, 0.4 s behind'])
    expect(out.split('\n').length).toBeLessThan(25)
    for (const said of [
      `process ${process.pid}`,
      '2.0 KiB, 0.4 s',
      '3.0 MiB of 8.0 GiB in /var/spool/spillway',
      'lost 12, backlog 34 of 8,192',
      '7 lines dropped',
      '0 open',
    ])
      expect(out).toContain(said)
    expect(out).toMatch(/ 360 +360 +360 +360 +720 +90 % +6\.0 % +backup-reads\n.* 40 .*logins\n/)
    expect(out).toMatch(/backup-reads on web-01.*\n +program +\/usr\/bin\/rsync 90 %/)
  })

  it('marks the key that floods and tells what is open', async () => {
    const flood = alertOf('flood.start', 'warning', { key: 'backup-reads' })
    const { code, out } = await status(statusOf({ alerts: { open: [flood], recent: [] } }))
    expect([code, first(out)]).toEqual([ExitCode.Ok, 'web-01: running, with 1 alert open'])
    expect(out).toContain('FLOOD backup-reads')
    expect(out).not.toContain('FLOOD logins')
    expect(out).toContain(
      'warning flood.start since 2026-01-02T03:04:00.000Z: This is flood.start.',
    )
  })

  it('takes an info for no trouble, and lists what is worse before it', async () => {
    const infos = Array.from({ length: 6 }, (_, n) => alertOf(`info.${n}`, 'info'))
    const warning = alertOf('self.flood', 'warning')
    const calm = await status(statusOf({ alerts: { open: infos, recent: [] } }))
    expect([calm.code, first(calm.out)]).toEqual([ExitCode.Ok, 'web-01: fine, 0.4 s behind'])
    const { out } = await status(statusOf({ alerts: { open: [warning, ...infos], recent: [] } }))
    expect(first(out)).toBe('web-01: running, with 1 alert open')
    expect(out).toMatch(/7 open\n {2}warning self\.flood .*\n {2}info info\.5 /)
  })

  it('says how full the queue is, what it drains, and when and by whom it overflows', async () => {
    const calm = await status(statusOf())
    expect(calm.out).toContain('about 2,496 of 8,192, 268 to 2,620; drain 6,000 a second')
    expect(calm.out).toContain('no overflow; a burst of under a second cannot be foreseen')
    const told = alertOf('overflow.forecast', 'critical', { shares: [{ key: 'backup-reads' }] })
    const queue = { ...statusOf().queue, overflow_s: 14.2 }
    const { out } = await status(statusOf({ queue, alerts: { open: [told], recent: [] } }))
    expect(out).toContain('14 s until the backlog (8192) overflows; key backup-reads')
  })

  it('says that nothing has come yet, and where it waits', async () => {
    const fresh = statusOf()
    const { code, out } = await status({ ...fresh, counts: { ...fresh.counts, entries: 0 } })
    expect(code).toBe(ExitCode.Ok)
    expect(first(out)).toMatch(/: running; nothing has come yet, waiting for records in \//)
  })

  it('reads what a service of before wrote, which did not say who makes keys', async () => {
    const { origins: _, ...before } = statusOf()
    const { code, out } = await status(before)
    expect(code).toBe(ExitCode.Ok)
    expect(out).toContain('who makes them is told of the ten busiest keys')
  })

  it('says how Kafka stands', async () => {
    const { code, out } = await status(
      statusOf({
        sink: {
          kind: 'kafka',
          connected: false,
          waiting: 1200,
          delivered: 5000,
          stalled_s: 20,
          error: 'all brokers are down',
          outbox: 3,
        },
      }),
    )
    expect([code, first(out)]).toEqual([
      ExitCode.Ok,
      'web-01: running, but the sink takes nothing: what comes waits in the spool',
    ])
    expect(out).toContain(
      'kafka, not connected, 1,200 waiting, 5,000 delivered, no acknowledgement for 20 s, 3 in the outbox, last error: all brokers are down',
    )
  })

  const gone = spawnSync('true').pid
  it.each([
    ['was stopped', { stopped: '2026-01-02T03:05:00.000Z' }, 'stopped at 2026-01-02T03:05:00.000Z'],
    ['was killed', { pid: gone }, `process ${gone} is gone`],
    ['tells nothing any more', { time: '2026-01-02T03:05:00.000Z' }, 'has told nothing for'],
  ])('ends with 20 when the service %s', async (_, members, said) => {
    const { code, out } = await status(statusOf(members))
    expect(code).toBe(ExitCode.Down)
    expect(first(out)).toContain(said)
  })

  it('ends with 21 when a critical alert is open, and says which', async () => {
    const open = [alertOf('audit.disabled', 'critical'), alertOf('flood.start', 'warning')]
    const { code, out } = await status(statusOf({ alerts: { open, recent: [] } }))
    expect([code, first(out)]).toEqual([
      ExitCode.Critical,
      'web-01: critical: This is audit.disabled.',
    ])
  })

  it('ends with 20 in one line where the service never ran', async () => {
    const { code, out, err } = await status(null)
    expect([code, out]).toEqual([ExitCode.Down, ''])
    expect(err).toMatch(/^spillway: not running: no status\.json in \S+\n$/)
  })

  it.each(['{', '{"v":2}', 'null'])('refuses a file that is none: %s', async (text) => {
    const place = placeOf(null)
    places.push(place)
    writeFileSync(join(place, 'state/status.json'), text)
    const { code, err } = await spillway(['status', '--config', join(place, 'spillway.yaml')])
    expect([code, err]).toEqual([
      ExitCode.Input,
      'spillway: status.json is not one that this version reads\n',
    ])
  })

  it('prints the file as it is with --json, with the same exit code', async () => {
    const { code, out } = await status(statusOf({ stopped: '2026-01-02T03:05:00.000Z' }), '--json')
    expect(code).toBe(ExitCode.Down)
    const place = places.at(-1) ?? ''
    expect(out).toBe(readFileSync(join(place, 'state/status.json'), 'utf8'))
  })

  it('lets no control character of a record through', async () => {
    const evil = 'a\u001b[2Jb\u009bc\rd\ne\u202ef'
    const [windows] = statusOf().windows
    const { out } = await status(
      statusOf({
        node: evil,
        windows: [
          { ...windows, node: evil, keys: [{ key: evil, ...windowsOf(10) }] },
          { ...windows, node: 'b', keys: [] },
        ],
        origins: [{ ...originsOf(evil), node: evil, path: [{ name: evil, share: 1, error: 0 }] }],
        alerts: { open: [{ ...alertOf('flood.start', 'warning'), text: evil }], recent: [] },
      }),
    )
    expect(out).toContain('a?[2Jb?c?d?e?f')
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})
