import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { auditctl, getppidRule, unavailable } from './kernel.ts'
import { logged } from './logged.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, startAs } from './users.ts'

const BURST = 3000
/** Records a second that the kernel lets through: what is over that has a serial and is dropped. */
const RATE = 500
/** Longer than the kernel keeps records for an auditd that does not read (about 0.6 s). */
const STOPPED_MS = 2000
/** Longer than a start of auditd counts as the reason of a gap. */
const STARTED_MS = 1500
/** A gap is told 10 s after it, and in silence when the shim's next tick says what time it is. */
const TOLD_MS = 60_000

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (gaps: serials on a real kernel)`)

interface Range {
  readonly from: number
  readonly to: number
  readonly why: string | null
}

interface Serials {
  readonly missing: number
  readonly ranges: readonly Range[]
  readonly more: number
}

/** What heartbeats and alerts say is missing, and what auditd's own log lacks. */
interface Told {
  readonly rates: readonly Serials[]
  readonly alerts: readonly Serials[]
  readonly log: readonly (readonly [number, number])[]
}

function linesOf(file: string): Readonly<Record<string, unknown>>[] {
  if (!existsSync(file)) return []
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The runs of serials that lie between those of a log and are not in it. */
function absentFrom(log: string): [number, number][] {
  const serials = [...logged(log).keys()]
    .map((id) => id.slice(id.indexOf(':') + 1))
    .filter((serial) => !serial.startsWith('d'))
    .map(Number)
    .toSorted((a, b) => a - b)
  return serials
    .slice(1)
    .map((serial, i): [number, number] => [serials[i] + 1, serial - 1])
    .filter(([from, to]) => from <= to)
}

const sizeOf = ([from, to]: readonly [number, number]): number => to - from + 1
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

async function lose(auditd: Auditd): Promise<Told> {
  const { dir, pid, log } = auditd
  const config = join(dir, 'spillway.yaml')
  const out = join(dir, 'out')
  const text = [
    'node: web-01',
    `spool: { directory: ${join(dir, 'spool')} }`,
    `output: ndjson:${out}`,
    'rates: { interval: 1 }',
    'log: { level: error }',
    '',
  ]
  writeFileSync(config, text.join('\n'))
  const service = startAs('service', ['run', '--config', config])
  const rates = (): Serials[] =>
    linesOf(join(out, 'rates.ndjson')).flatMap(({ serials }) => (serials ?? []) as Serials)
  try {
    getppidRule(auditd)
    // For a second behind its start auditd itself is the reason of what is missing.
    await sleep(STARTED_MS)
    await auditd.load('getppid', 10)
    auditctl('-r', String(RATE))
    await auditd.load('getppid', BURST)
    auditctl('-r', '0')
    auditctl('--backlog_wait_time', '0')
    process.kill(pid, 'SIGSTOP')
    await auditd.load('getppid', 50)
    await sleep(STOPPED_MS)
    process.kill(pid, 'SIGCONT')
    await auditd.load('getppid', 10)
    await auditd.settle()
    const absent = absentFrom(log)
    const count = sum(absent.map(sizeOf))
    await until(
      () => sum(rates().map(({ missing }) => missing)) >= count,
      TOLD_MS,
      () =>
        `of ${count} missing serials heartbeats have ${sum(rates().map(({ missing }) => missing))}`,
    )
    const alerts = linesOf(join(out, 'alerts.ndjson'))
      .filter(({ type }) => type === 'stream.gap')
      .map(({ evidence }) => evidence as Serials)
    return { rates: rates(), alerts, log: absent }
  } finally {
    process.kill(pid, 'SIGCONT')
    service.kill('SIGTERM')
    await once(service, 'exit')
  }
}

describe.skipIf(reason)('serials that a real kernel drops', () => {
  let told: Told
  beforeAll(async () => {
    told = await withAuditd({ logFormat: 'RAW', plugins: [SHIM_PLUGIN], arrange }, lose)
  })

  it('are as many in heartbeats and alerts as auditd’s own log lacks', () => {
    const count = sum(told.log.map(sizeOf))
    expect(count).toBeGreaterThan(100)
    expect(sum(told.rates.map(({ missing }) => missing))).toBe(count)
    expect(sum(told.alerts.map(({ missing }) => missing))).toBe(count)
  })

  it('are exactly the ranges of that log, with no reason, since the stream is whole', () => {
    const log = new Set(told.log.map(String))
    const ranges = told.rates.flatMap((serials) => serials.ranges)
    for (const { from, to, why } of ranges) {
      expect(log).toContain(String([from, to]))
      expect(why).toBeNull()
    }
    expect(ranges.length + sum(told.rates.map(({ more }) => more))).toBe(log.size)
  })
})
