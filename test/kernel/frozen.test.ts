import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { Disk, noDisk } from '../loop-disk.ts'
import { type Auditd, endsWith, until, withAuditd } from './auditd.ts'
import { getppidRule, KEY, status, unavailable } from './kernel.ts'
import { logged } from './logged.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { noUsers, own, SHIM_USER, startAs } from './users.ts'

/** Seven seconds and a half at 5,100 records a second. */
const EVENTS = 12_750
const FROZEN_MS = 5000
const DISK_BYTES = 256 << 20
/** `q_depth` of auditd where nothing else is set. */
const QUEUE = 2000
const WAIT_MS = 30_000
/** Where auditd before 4.1.2 writes its state, and where later ones do. */
const STATES = ['/var/run/auditd.state', '/run/audit/auditd.state']

const reason = unavailable() ?? noUsers() ?? unbuilt ?? noDisk
if (reason) console.warn(`kernel tests are left out: ${reason} (frozen: the disk of the spool)`)

/** What a frozen disk has brought about. */
interface Thawed {
  /** Bytes by which spool and auditd's log grew while the disk was frozen. */
  readonly grown: { readonly spool: number; readonly log: number }
  readonly lost: number
  /** auditd's report of its own state. */
  readonly state: string
  /** Ids of the load's events: in auditd's log, and as delivered, in order. */
  readonly log: readonly string[]
  readonly delivered: readonly string[]
  readonly alerts: string
}

interface Event {
  readonly EVENT: {
    readonly id: string
    readonly keys: readonly string[]
    readonly complete: boolean
  }
}

async function freeze(auditd: Auditd, disk: Disk): Promise<Thawed> {
  const { dir, pid } = auditd
  const spool = join(disk.path, 'spool')
  const out = join(dir, 'out')
  const config = join(dir, 'spillway.yaml')
  const settings = { node: 'web-01', spool: { directory: spool }, output: `ndjson:${out}` }
  writeFileSync(config, JSON.stringify({ ...settings, log: { level: 'error' } }))
  const before = status().get('lost') ?? 0
  const service = startAs('service', ['run', '--config', config])
  try {
    getppidRule(auditd)
    const load = auditd.load('paced', EVENTS)
    await until(
      () => deliveredIn(out).length > 0,
      WAIT_MS,
      () => 'nothing is delivered',
    )
    disk.freeze(true)
    const then = { spool: bytesOf(spool), log: statSync(auditd.log).size }
    await sleep(FROZEN_MS)
    const now = { spool: bytesOf(spool), log: statSync(auditd.log).size }
    disk.freeze(false)
    await load
    const marker = await auditd.settle()
    const events = join(out, 'events.ndjson')
    await until(
      () => endsWith(events, marker),
      WAIT_MS,
      () => 'not all is delivered',
    )
    return {
      grown: { spool: now.spool - then.spool, log: now.log - then.log },
      lost: (status().get('lost') ?? 0) - before,
      state: await stateOf(pid),
      log: [...logged(auditd.log)]
        .filter(([, { keys }]) => keys.includes(`${KEY}-getppid`))
        .map(([id]) => id),
      delivered: deliveredIn(out),
      alerts: readFileSync(join(out, 'alerts.ndjson'), 'utf8'),
    }
  } finally {
    service.kill('SIGTERM')
    // A frozen disk would keep it from ending.
    disk.remove()
    await once(service, 'exit')
  }
}

/** Bytes in the segments of a spool. */
function bytesOf(spool: string): number {
  return readdirSync(spool)
    .filter((name) => name.endsWith('.seg'))
    .reduce((sum, name) => sum + statSync(join(spool, name)).size, 0)
}

/** Ids of the load's events that are delivered whole, without their node. */
function deliveredIn(out: string): string[] {
  const path = join(out, 'events.ndjson')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as Event).EVENT)
    .filter(({ keys, complete }) => complete && keys.includes(`${KEY}-getppid`))
    .map(({ id }) => id.slice(id.indexOf(':') + 1))
}

/** Has auditd report its state. */
async function stateOf(pid: number): Promise<string> {
  for (const path of STATES) rmSync(path, { force: true })
  process.kill(pid, 'SIGCONT')
  const has = (path: string): boolean =>
    existsSync(path) && readFileSync(path, 'utf8').includes('plugin queue overflow')
  await until(
    () => STATES.some(has),
    WAIT_MS,
    () => 'auditd does not report its state',
  )
  return readFileSync(STATES.find(has) ?? '', 'utf8')
}

describe.skipIf(reason)('a disk of the spool that is frozen for five seconds', () => {
  let thawed: Thawed
  beforeAll(async () => {
    let disk: Disk | undefined
    const plugin = {
      ...SHIM_PLUGIN,
      flags: (dir: string) => `--spool=${dir}/disk/spool ${SHIM_USER}`,
    }
    const arrange = (dir: string): void => {
      disk = new Disk(dir, DISK_BYTES)
      chmodSync(disk.path, 0o755)
      for (const [name, user] of [
        ['disk/spool', 'shim'],
        ['disk/spool/state', 'service'],
        ['out', 'service'],
      ] as const)
        own(join(dir, name), user)
    }
    thawed = await withAuditd(
      { logFormat: 'RAW', plugins: [plugin], arrange, queue: QUEUE },
      (auditd) => freeze(auditd, disk as Disk),
    )
  })

  it('takes nothing meanwhile, while auditd goes on', () => {
    expect(thawed.grown.spool).toBe(0)
    expect(thawed.grown.log).toBeGreaterThan(1 << 20)
  })

  it('costs the kernel no record and makes no queue of auditd overflow', () => {
    expect(thawed.lost).toBe(0)
    expect(thawed.state).toMatch(/plugin queue overflow detected\s*=\s*no/)
  })

  it('costs the consumer nothing: each event comes once, in order, and no alert has anything to say', () => {
    expect(thawed.log.length).toBe(EVENTS)
    expect(thawed.delivered).toEqual(thawed.log)
    expect(thawed.alerts).not.toMatch(/spool\.|stream\.gap/)
  })
})
