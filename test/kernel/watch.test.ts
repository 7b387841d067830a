import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { auditctl, getppidRule, status, unavailable } from './kernel.ts'
import { inside, type Line, lastOf, linesOf } from './service.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, startAs } from './users.ts'

const BURST = 20_000
const TOLD_MS = 30_000
/** The kernel prints ten lines in 5 s at most (kernel.printk_ratelimit); what ran before may have had them. */
const PRINTABLE_MS = 5500
/** A heartbeat comes 10 s after its interval, and in silence when the shim's next tick says what time it is. */
const HEARTBEAT_MS = 60_000

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (watch: losses on a real kernel)`)

/** What a watcher with two capabilities and the service beside it made of a burst. */
interface Watched {
  /** What auditctl says was lost. */
  readonly lost: number
  readonly readings: readonly Line[]
  readonly alerts: readonly Line[]
  readonly rates: readonly Line[]
}

/** Losses that alerts tell. */
function lossesIn(alerts: readonly Line[]): number {
  return lastOf(alerts)
    .filter(({ type }) => type === 'events.lost')
    .reduce((sum, alert) => sum + Number(inside(alert, 'evidence')['losses']), 0)
}

/** Losses that heartbeats have, each in its interval. */
function lossesOf(rates: readonly Line[]): number {
  return rates.reduce((sum, rate) => sum + Number(inside(rate, 'now')['lost_delta'] ?? 0), 0)
}

/** The configuration of a service that reads what the watcher wrote. */
function configure(dir: string, file: string): string {
  const config = join(dir, 'spillway.yaml')
  const text = [
    'node: web-01',
    `spool: { directory: ${join(dir, 'spool')} }`,
    `output: ndjson:${join(dir, 'out')}`,
    `watch: { file: ${file} }`,
    'rates: { interval: 1 }',
    'log: { level: error }',
    '',
  ]
  writeFileSync(config, text.join('\n'))
  return config
}

async function lose(auditd: Auditd): Promise<Watched> {
  const { dir } = auditd
  const file = join(dir, 'run', 'watch.ndjson')
  const alerts = join(dir, 'out', 'alerts.ndjson')
  const rates = join(dir, 'out', 'rates.ndjson')
  const capabilities = ['audit_control', 'syslog']
  const children = [
    startAs('watch', ['watch', `--output=${file}`, '--interval=1'], {
      capabilities,
      stderr: 'pipe',
    }),
    startAs('service', ['run', '--config', configure(dir, file)]),
  ]
  try {
    const isRead = (count: number): boolean =>
      linesOf(file).some(({ kind, lost }) => kind === 'status' && lost === count)
    const before = status().get('lost') ?? 0
    await until(
      () => isRead(before),
      TOLD_MS,
      () => 'the watcher does not come up',
    )
    getppidRule(auditd)
    auditctl('--backlog_wait_time', '0')
    await sleep(PRINTABLE_MS)
    await auditd.load('getppid', BURST)
    await auditd.settle()
    const lost = (status().get('lost') ?? 0) - before
    await until(
      () => isRead(before + lost),
      TOLD_MS,
      () => 'the watcher did not read what was lost',
    )
    await until(
      () => lossesIn(linesOf(alerts)) >= lost,
      TOLD_MS,
      () => `of ${lost} losses these were told: ${lossesIn(linesOf(alerts))}`,
    )
    await until(
      () => lossesOf(linesOf(rates)) >= lost,
      HEARTBEAT_MS,
      () => `of ${lost} losses heartbeats have ${lossesOf(linesOf(rates))}`,
    )
    return { lost, readings: linesOf(file), alerts: linesOf(alerts), rates: linesOf(rates) }
  } finally {
    for (const child of children) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
}

describe.skipIf(reason)('a kernel that drops', () => {
  let watched: Watched
  beforeAll(async () => {
    watched = await withAuditd(
      { logFormat: 'RAW', plugins: [SHIM_PLUGIN], backlog: 64, arrange },
      lose,
    )
  })

  it('is told by alerts whose losses are those of its counter', () => {
    expect(watched.lost).toBeGreaterThan(100)
    expect(lossesIn(watched.alerts)).toBe(watched.lost)
    for (const alert of watched.alerts.filter(({ type }) => type === 'events.lost'))
      expect(alert).toMatchObject({
        node: 'web-01',
        evidence: { backlog_limit: 64, rate_limit: 0 },
      })
  })

  it('is told by heartbeats, each loss in one interval', () => {
    expect(lossesOf(watched.rates)).toBe(watched.lost)
  })

  it('says so in its log, which a watcher with CAP_SYSLOG reads', () => {
    const notes = watched.readings.filter(({ kind }) => kind === 'kmsg')
    const said = new Set(notes.map(({ says }) => says))
    expect([...said]).toEqual(expect.arrayContaining(['over', 'lost']))
    expect(notes.find(({ says }) => says === 'lost')).toMatchObject({ backlog_limit: 64 })
  })

  it('shows the socket of auditd', () => {
    const sockets = watched.readings.filter(({ kind }) => kind === 'netlink')
    expect(sockets.length).toBeGreaterThan(0)
  })
})
