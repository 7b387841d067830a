import { chmodSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Auditd, until, withAuditd } from './auditd.ts'
import { auditctl, callRule, KEY, status, unavailable } from './kernel.ts'
import { type Beside, inside, type Line, withService } from './service.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { slowPlugin } from './slow-plugin.ts'
import { arrange, noUsers } from './users.ts'

/** Records a second that auditd gets rid of, for a plugin that takes no more, and places in its queue for that. */
const DRAIN = 3000
const QUEUE = 400
const LIMIT = 8192
const STARTED_MS = 3000
const LOOK_MS = 250
/** The queue is empty again and the forecast withdrawn: in silence a tick of the shim says that time passes. */
const EMPTY_MS = 30_000
const STATE = '/run/auditd.state'

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason) console.warn(`kernel tests are left out: ${reason} (forecast: ramps to overflow)`)

/** Loads of three entries an event that fill the queue in fifteen seconds and more. */
const RAMPS: Readonly<Record<string, (auditd: Auditd) => Promise<unknown>>> = {
  'a rate that keeps rising': (auditd) => auditd.load('calls', '110:1000:1550:21000'),
  'a rate above the drain, among calls that take two seconds': (auditd) =>
    Promise.all([auditd.load('sleeps', '20:9'), auditd.load('calls', '110:1190:1190:19000')]),
}

/** What the kernel and the status file said at a moment, in ms since the epoch. */
interface Look {
  readonly time: number
  readonly backlog: number
  readonly lost: number
  readonly queue: Line
}

/** A ramp as it went. */
interface Ramp {
  readonly name: string
  readonly looks: readonly Look[]
  /** The forecasts that were told during it. */
  readonly alerts: readonly Line[]
}

async function ramps(auditd: Auditd, beside: Beside): Promise<Ramp[]> {
  callRule(auditd, 'getppid')
  callRule(auditd, 'nanosleep')
  auditctl('--backlog_wait_time', '0')
  await sleep(STARTED_MS)
  const all: Ramp[] = []
  for (const [name, load] of Object.entries(RAMPS)) {
    const told = beside.alerts('overflow.forecast').length
    const looks: Look[] = []
    const over = new AbortController()
    const alerts = (): Line[] => beside.alerts('overflow.forecast').slice(told)
    const ramp = load(auditd)
      .then(() =>
        until(
          () => isResolved(alerts()),
          EMPTY_MS,
          () => `${name}: not withdrawn`,
        ),
      )
      .finally(() => over.abort())
    for (; !over.signal.aborted; await sleep(LOOK_MS)) looks.push(look(auditd, beside))
    await ramp
    all.push({ name, looks, alerts: alerts() })
  }
  return all
}

const isResolved = (alerts: readonly Line[]): boolean => alerts.at(-1)?.['status'] === 'resolved'

/** Looks at the kernel, whose queue is below its limit or does not wait, and has auditd write its state. */
function look({ pid }: Auditd, beside: Beside): Look {
  process.kill(pid, 'SIGCONT')
  // A watcher of an installation is in the group of that file.
  if (existsSync(STATE)) chmodSync(STATE, 0o644)
  const now = status()
  return {
    time: Date.now(),
    backlog: now.get('backlog') ?? 0,
    lost: now.get('lost') ?? 0,
    queue: inside(beside.status(), 'queue'),
  }
}

/** When the first loss was seen. */
function lostAt({ looks }: Ramp): number {
  return looks.find(({ lost }) => lost > looks[0].lost)?.time ?? Number.NaN
}

/** Seconds from the first forecast to the first loss. */
function leftAtFirst(ramp: Ramp): number {
  return (lostAt(ramp) - Date.parse(String(ramp.alerts[0]['time']))) / 1000
}

/** The backlog at a time, between two looks. */
function truthAt(looks: readonly Look[], time: number): number | null {
  const i = looks.findIndex((one) => one.time >= time)
  if (i <= 0) return null
  const [before, after] = [looks[i - 1], looks[i]]
  const part = (time - before.time) / (after.time - before.time)
  return before.backlog + (after.backlog - before.backlog) * part
}

/** By which part of the truth estimates are off, where that is over a tenth of the limit. */
function errors({ looks }: Ramp): number[] {
  const told = new Map(looks.map(({ queue }) => [String(queue['at']), Number(queue['entries'])]))
  return [...told].flatMap(([at, entries]) => {
    const truth = truthAt(looks, Date.parse(at))
    return truth === null || truth < LIMIT / 10 ? [] : [Math.abs(entries - truth) / truth]
  })
}

describe.skipIf(reason)('a queue of a real kernel that fills', () => {
  let all: Ramp[]
  beforeAll(async () => {
    const plugins = [SHIM_PLUGIN, slowPlugin(DRAIN)]
    all = await withAuditd(
      { logFormat: 'RAW', plugins, arrange, backlog: LIMIT, queue: QUEUE },
      (auditd) =>
        withService(auditd, ['audit_control', 'syslog'], (beside) => ramps(auditd, beside)),
    )
  })

  it('is foreseen five seconds before the first loss', () => {
    for (const ramp of all) expect(leftAtFirst(ramp), ramp.name).toBeGreaterThan(5)
  })

  it('is foreseen to three tenths, whether it grows evenly or its growth grows', () => {
    for (const ramp of all) {
      const left = leftAtFirst(ramp)
      const said = Number(inside(ramp.alerts[0], 'evidence')['seconds'])
      expect(Math.abs(said - left), ramp.name).toBeLessThan(left * 0.3)
    }
  })

  it('is foreseen of the key that fills it', () => {
    for (const { name, alerts } of all) {
      const [first] = inside(alerts[0], 'evidence')['shares'] as Line[]
      expect(first, name).toMatchObject({ key: `${KEY}-getppid` })
    }
  })

  it('is told to a quarter of what it holds, three times of four, from a tenth of the limit on', () => {
    for (const ramp of all) {
      const found = errors(ramp)
      const close = found.filter((error) => error < 0.25)
      expect(found.length, ramp.name).toBeGreaterThan(5)
      expect(close.length, ramp.name).toBeGreaterThanOrEqual(0.75 * found.length)
    }
  })
})
