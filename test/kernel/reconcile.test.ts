/** A shim killed under load: what auditd logged and the shim lost is brought back from the log. */

import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../src/reconcile/report.ts'
import { decodeSegmentHeader } from '../../src/spool/format.ts'
import { type Auditd, endsWith, until, withAuditd } from './auditd.ts'
import { auditctl, getppidRule, status, unavailable } from './kernel.ts'
import { type Logged, logged } from './logged.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, startAs } from './users.ts'

const BIN = fileURLToPath(new URL('../../bin/spillway', import.meta.url))
const KILLS = 3
const PROCESSES = 2
const EVENTS = 6000
const ARRIVE_MS = 30_000
/** What a stopped shim leaves in its socket before it is killed. */
const STOPPED_MS = 150

const reason = unavailable() ?? noUsers() ?? unbuilt
if (reason)
  console.warn(`kernel tests are left out: ${reason} (reconcile: a shim killed under a real load)`)

/** What a run left: read before its folder is deleted. */
interface Left {
  readonly log: ReadonlyMap<string, Logged>
  /** Records of each event, over all its parts, before and after filling. */
  readonly before: ReadonlyMap<string, number>
  readonly after: ReadonlyMap<string, number>
  readonly first: Report
  readonly second: Report
  /** The first id that has to be there. */
  readonly from: string
  readonly kernelLost: number
}

/** Runs a load, kills shims meanwhile, and fills what is missing. */
async function killed(auditd: Auditd): Promise<Left> {
  const { dir } = auditd
  const out = join(dir, 'out')
  const config = join(dir, 'spillway.yaml')
  writeFileSync(
    config,
    `node: web-01\nspool: { directory: ${join(dir, 'spool')} }\noutput: ndjson:${out}\nraw: true\nlog: { level: error }\n`,
  )
  const lost = status().get('lost') ?? 0
  const service = startAs('service', ['run', '--config', config])
  try {
    getppidRule(auditd)
    const marker = await auditd.settle()
    await arrival(out, marker)
    const loads = Array.from({ length: PROCESSES }, () => auditd.load('getppid', EVENTS))
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(200)
      const shim = shimOf(join(dir, 'spool'))
      process.kill(shim, 'SIGSTOP')
      await sleep(STOPPED_MS)
      process.kill(shim, 'SIGKILL')
      // auditd starts another when it has something to write.
      const isReplaced = (): boolean => {
        auditctl('-m', 'spillway waits for a shim')
        return shimOf(join(dir, 'spool')) !== shim
      }
      await until(isReplaced, ARRIVE_MS, () => 'auditd started no other shim')
    }
    await Promise.all(loads)
    await arrival(out, await auditd.settle())
    const log = logged(auditd.log)
    const [from = ''] = [...log].find(([, { lines }]) => lines[0].includes(marker)) ?? []
    const before = recordsIn(out)
    const first = reconcile(config, auditd.log, out)
    const after = recordsIn(out)
    const second = reconcile(config, auditd.log, out)
    const kernelLost = (status().get('lost') ?? 0) - lost
    return { log, before, after, first, second, from, kernelLost }
  } finally {
    await stopped(service)
  }
}

async function stopped(service: ChildProcess): Promise<void> {
  const over = service.exitCode === null ? once(service, 'exit') : null
  service.kill('SIGTERM')
  await over
}

/** Settles when the sink holds a text. */
function arrival(out: string, text: string): Promise<void> {
  const file = join(out, 'events.ndjson')
  return until(
    () => existsSync(file) && endsWith(file, text),
    ARRIVE_MS,
    () => `"${text}" was not delivered`,
  )
}

/** The process that writes the newest segment. */
function shimOf(spool: string): number {
  const names = readdirSync(spool).filter((name) => name.endsWith('.seg'))
  const header = decodeSegmentHeader(readFileSync(join(spool, names.toSorted().at(-1) ?? 'none')))
  return typeof header === 'string' ? -1 : header.pid
}

function reconcile(config: string, log: string, out: string): Report {
  const args = ['reconcile', '--config', config, '--json', '--output', `ndjson:${out}`, log]
  const { stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Report
}

/** By id without the node, how many records all its parts have. */
function recordsIn(out: string): Map<string, number> {
  const records = new Map<string, number>()
  for (const name of ['events.ndjson', 'recovered.ndjson']) {
    if (!existsSync(join(out, name))) continue
    for (const line of readFileSync(join(out, name), 'utf8').split('\n').slice(0, -1)) {
      const { EVENT: event } = JSON.parse(line) as { EVENT: { id: string; raw: string[] } }
      const id = event.id.slice('web-01:'.length)
      records.set(id, (records.get(id) ?? 0) + event.raw.length)
    }
  }
  return records
}

describe.skipIf(reason)('after shims were killed under load, reconcile', () => {
  let left: Left
  /** What auditd logged from the first event on that was waited for. */
  let wanted: [string, Logged][]
  beforeAll(async () => {
    left = await withAuditd({ logFormat: 'ENRICHED', plugins: [SHIM_PLUGIN], arrange }, (auditd) =>
      killed(auditd),
    )
    const all = [...left.log]
    wanted = all.slice(all.findIndex(([id]) => id === left.from))
  })

  const missing = (records: ReadonlyMap<string, number>): string[] =>
    wanted.filter(([id, { lines }]) => (records.get(id) ?? 0) < lines.length).map(([id]) => id)

  it('has something to bring back', () => {
    expect(left.kernelLost).toBe(0)
    expect(wanted.length).toBeGreaterThan(PROCESSES * EVENTS)
    expect(missing(left.before).length).toBeGreaterThan(KILLS)
  })

  it('brings back all that auditd logged', () => {
    expect(missing(left.after)).toEqual([])
    expect(left.first.filled).toBe(missing(left.before).length)
    expect(left.first.missing).toBe(0)
  })

  it('finds all of it where the alerts say that a shim died', () => {
    expect(left.first.holes.filter(({ type }) => type === 'spool.died')).toHaveLength(KILLS)
    expect(left.first.silent.events).toBe(0)
  })

  it('finds nothing more to do', () => {
    expect(left.second.filled).toBe(0)
    expect(left.second.missing).toBe(0)
    expect(left.second.silent.recovered).toBe(0)
  })
})
