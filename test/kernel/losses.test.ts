import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Auditd, type Setup, until, withAuditd } from './auditd.ts'
import { auditctl, callRule, KEY, unavailable } from './kernel.ts'
import { logged } from './logged.ts'
import { inside, type Line, lastOf, lost, sumOf, withService } from './service.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { slowPlugin } from './slow-plugin.ts'
import { arrange, noUsers } from './users.ts'

/** Numbers of system calls (x86_64), each with a rule and so a key of its own. */
const GETPPID = 110
const GETUID = 102
const [BURSTS, GOES_ON] = [`${KEY}-getppid`, `${KEY}-getuid`]

const BURST = 20_000
/** A key that goes on, in calls a second, and for how long before the burst and in all: of a host it is known what is usual. */
const PACE = 200
const USUAL_MS = 9000
const GOES_ON_MS = 11_000
/** The kernel prints ten lines in 5 s at most; what ran before may have had them. */
const PRINTABLE_MS = 5500
const TOLD_MS = 40_000
/** An event without its end is open for two seconds, and delivered then. */
const CLOSED_MS = 4000
/** For a second behind its start auditd itself is the reason of what is missing. */
const STARTED_MS = 1500

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (losses: what, why and whose)`)

/** What was made, what came through, and what was told of the rest. */
interface Told {
  readonly made: ReadonlyMap<string, number>
  readonly delivered: ReadonlyMap<string, number>
  readonly lost: number
  /** Serials that auditd's own log lacks. */
  readonly absent: number
  readonly alerts: readonly Line[]
  readonly gaps: readonly Line[]
}

interface Case {
  readonly setup?: Partial<Setup>
  readonly capabilities?: string[]
  /** Waits until the kernel prints again. */
  readonly prints?: boolean
  /** Loses something; gives how many events it made by key. */
  readonly lose: (auditd: Auditd) => Promise<ReadonlyMap<string, number>>
  /** Everything was told. */
  readonly isTold: (told: Told) => boolean
}

function tell({
  setup,
  capabilities = ['audit_control', 'syslog'],
  prints = false,
  lose,
  isTold,
}: Case): Promise<Told> {
  return withAuditd({ logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange, ...setup }, (auditd) =>
    withService(auditd, capabilities, async (beside) => {
      for (const call of ['getppid', 'getuid']) callRule(auditd, call)
      await sleep(prints ? PRINTABLE_MS : STARTED_MS)
      const before = lost()
      const made = await lose(auditd)
      await auditd.settle()
      const count = lost() - before
      const absent = absentFrom(auditd.log)
      const told = (): Told => ({
        made,
        delivered: beside.delivered(),
        lost: count,
        absent,
        alerts: beside.alerts('events.lost'),
        gaps: beside.alerts('stream.gap'),
      })
      await until(
        () => isTold(told()),
        TOLD_MS,
        () => `not all of ${count} losses and ${absent} gaps was told`,
      )
      await sleep(CLOSED_MS)
      return told()
    }),
  )
}

/** Of what was told before the stream had come to it, what was told then. */
const settled = ({ alerts }: Told): Line[] => lastOf(alerts)
const isSettled = (alert: Line): boolean => evidenceOf(alert)['settled'] === true
const areLossesTold = (told: Told): boolean =>
  sumOf(settled(told), 'losses') >= told.lost && settled(told).every(isSettled)
const areGapsTold = ({ gaps, absent }: Told): boolean => sumOf(gaps, 'missing') >= absent

/** Serials between those of a log that are not in it. */
function absentFrom(log: string): number {
  const serials = [...logged(log).keys()]
    .map((id) => Number(id.slice(id.indexOf(':') + 1)))
    .filter((serial) => !Number.isNaN(serial))
    .toSorted((a, b) => a - b)
  return (serials.at(-1) ?? 0) - (serials[0] ?? 0) + 1 - new Set(serials).size
}

/** Events of a key that were made and did not come through. */
const missing = ({ made, delivered }: Told, key: string): number =>
  (made.get(key) ?? 0) - (delivered.get(key) ?? 0)
const allMissing = (told: Told): number => missing(told, BURSTS) + missing(told, GOES_ON)
const evidenceOf = (alert: Line): Line => inside(alert, 'evidence')

/** When a burst began and ended, ms since the epoch. */
interface Span {
  readonly from: number
  readonly to: number
}

/** A burst of one key while another goes on; adds when it was. */
async function burst(auditd: Auditd, spans: Span[]): Promise<ReadonlyMap<string, number>> {
  auditctl('--backlog_wait_time', '0')
  const goesOn = auditd.load('calls', `${GETUID}:${PACE}:${PACE}:${GOES_ON_MS}`)
  await sleep(USUAL_MS)
  const from = Date.now()
  await auditd.load('getppid', BURST)
  spans.push({ from, to: Date.now() })
  await goesOn
  return new Map([
    [BURSTS, BURST],
    [GOES_ON, (PACE * GOES_ON_MS) / 1000],
  ])
}

/** The kernel counted losses of a time in which there was a burst: on a busy machine what goes on may overflow, too. */
function isOf(alert: Line, spans: readonly Span[]): boolean {
  const [start, end] = ['starts_at', 'ends_at'].map((at) => Date.parse(String(alert[at])))
  return spans.some(({ from, to }) => end >= from && start <= to)
}

function expectBurst(told: Told, spans: readonly Span[]): void {
  for (const alert of told.alerts) expect(evidenceOf(alert)).toMatchObject({ cause: 'burst' })
  const share = missing(told, BURSTS) / allMissing(told)
  // Nobody is named before it is known who it was, and never the other key first.
  const first = told.alerts
    .filter((alert) => isOf(alert, spans))
    .map((alert) => evidenceOf(alert)['shares'] as readonly Line[])
    .flatMap((shares) => shares.slice(0, 1))
  expect(first.length).toBeGreaterThan(0)
  for (const one of first) {
    expect(one).toMatchObject({ key: BURSTS })
    expect(Math.abs(Number(one['share']) - share), JSON.stringify(first)).toBeLessThan(0.05)
  }
}

describe.skipIf(reason)('a burst over a small backlog, while another key goes on', () => {
  it('is told with all its losses, their cause, what is missing and whose it is', async () => {
    const spans: Span[] = []
    const told = await tell({
      setup: { backlog: 64 },
      prints: true,
      lose: (auditd) => burst(auditd, spans),
      isTold: areLossesTold,
    })
    expect(told.lost).toBeGreaterThan(100)
    const all = settled(told)
    expect(sumOf(all, 'losses')).toBe(told.lost)
    const truth = allMissing(told)
    expect(Math.abs(sumOf(all, 'events_missing') - truth)).toBeLessThan(truth * 0.05)
    // Each of them has a SYSCALL and a PROCTITLE record.
    expect(Math.abs(sumOf(all, 'records_missing') - 2 * truth)).toBeLessThan(truth * 0.1)
    expectBurst(told, spans)
  })

  it('is told from the kernel log alone: at once why, and how much with the next loss', async () => {
    let first = 0
    const spans: Span[] = []
    const told = await tell({
      setup: { backlog: 64 },
      prints: true,
      capabilities: ['syslog'],
      lose: async (auditd) => {
        const before = lost()
        await burst(auditd, spans)
        first = lost() - before
        await sleep(PRINTABLE_MS)
        const made = await burst(auditd, spans)
        return new Map(Array.from(made, ([key, count]) => [key, 2 * count]))
      },
      isTold: (all) => sumOf(settled(all), 'losses') > first && settled(all).every(isSettled),
    })
    expect(sumOf(settled(told), 'losses')).toBeGreaterThan(first)
    expect(sumOf(settled(told), 'losses')).toBeLessThanOrEqual(told.lost)
    // With a backlog of 64 what goes on may overflow by itself just before a burst: the count is the burst's.
    const [most] = told.alerts.toSorted((a, b) => sumOf([b], 'losses') - sumOf([a], 'losses'))
    expectBurst({ ...told, alerts: [most] }, spans)
  })
})

describe.skipIf(reason)('an auditd that stands still for two seconds', () => {
  it('leaves a gap of exactly what is missing, though the kernel counts no loss', async () => {
    const told = await tell({
      lose: async (auditd) => {
        const load = auditd.load('calls', `${GETPPID}:1000:1000:5000`)
        await sleep(1000)
        process.kill(auditd.pid, 'SIGSTOP')
        await sleep(2000)
        process.kill(auditd.pid, 'SIGCONT')
        await load
        return new Map([[BURSTS, 5000]])
      },
      isTold: areGapsTold,
    })
    expect(told.lost).toBe(0)
    expect(allMissing(told)).toBeGreaterThan(100)
    expect(sumOf(told.gaps, 'missing')).toBe(told.absent)
    expect(sumOf(told.gaps, 'known')).toBe(0)
    for (const gap of told.gaps) expect(evidenceOf(gap)).toMatchObject({ cause: 'auditd_stalled' })
  })
})

describe.skipIf(reason)('a rate limit', () => {
  it('is told as the cause, with the records that it dropped', async () => {
    const told = await tell({
      lose: async (auditd) => {
        auditctl('-r', '500')
        await auditd.load('calls', `${GETPPID}:300:300:5000`)
        auditctl('-r', '0')
        return new Map([[BURSTS, 1500]])
      },
      isTold: (all) => areLossesTold(all) && areGapsTold(all),
    })
    expect(told.lost).toBeGreaterThan(100)
    expect(sumOf(settled(told), 'losses')).toBe(told.lost)
    for (const alert of told.alerts)
      expect(evidenceOf(alert)).toMatchObject({ cause: 'rate_limit' })
    for (const gap of told.gaps) expect(evidenceOf(gap)).toMatchObject({ cause: 'rate_limit' })
    expect(sumOf(told.gaps, 'missing')).toBe(told.absent)
  })
})

describe.skipIf(reason)('a slow plugin beside ours', () => {
  it('is told as the cause of what the kernel loses', async () => {
    const told = await tell({
      setup: { plugins: [SHIM_PLUGIN, slowPlugin(1000)], backlog: 1024, queue: 400 },
      lose: async (auditd) => {
        auditctl('--backlog_wait_time', '0')
        await auditd.load('calls', `${GETPPID}:1500:1500:5000`)
        return new Map([[BURSTS, 7500]])
      },
      isTold: areLossesTold,
    })
    expect(told.lost).toBeGreaterThan(100)
    expect(sumOf(settled(told), 'losses')).toBe(told.lost)
    for (const alert of told.alerts)
      expect(evidenceOf(alert)).toMatchObject({ cause: 'slow_plugin' })
    // A loss may be one record of an event that came through without it.
    const truth = allMissing(told)
    expect(Math.abs(sumOf(settled(told), 'events_missing') - truth)).toBeLessThan(truth * 0.05)
  })
})
