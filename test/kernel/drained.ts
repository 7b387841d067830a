/** Everything at once: kernel, auditd, shim, spool, service and Kafka, each process its own user. */

import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSegmentHeader } from '../../src/spool/format.ts'
import type { Broker } from '../kafka/broker.ts'
import { type Consumed, consumed } from '../kafka/client.ts'
import type { Auditd } from './auditd.ts'
import { getppidRule, mixedRules, status } from './kernel.ts'
import { type Logged, logged } from './logged.ts'
import { may, startAs } from './users.ts'

/** Processes that make one kind of event at the same time, and how many each makes. */
export const PROCESSES = 4
export const EVENTS = 1500
/** Processes that make a bit of everything meanwhile. */
const MIXED = 3
const ARRIVE_MS = 30_000
const NODE = 'web-01'

/** A message of the events topic, and what a consumer parses out of it. */
export interface Arrived {
  readonly message: Consumed
  readonly event: Event
}

/** An event, as far as these tests look. */
export interface Event {
  readonly EVENT: {
    readonly id: string
    readonly pos: string
    readonly time: string
    readonly complete: boolean
    readonly keys: readonly string[]
    readonly raw: readonly string[]
  }
  readonly [type: string]: unknown
}

/** What a process is, as /proc has it. */
export interface Privileges {
  readonly uid: number
  readonly capabilities: bigint
}

/** What a run left: read before its folder is deleted. */
export interface Drained {
  readonly log: ReadonlyMap<string, Logged>
  readonly arrived: readonly Arrived[]
  readonly rejects: readonly Consumed[]
  /** What the kernel lost meanwhile. */
  readonly lost: number
  readonly shim: Privileges
  readonly service: Privileges
  readonly watch: Privileges
  /** By what was tried, whether it could be done. */
  readonly powers: Readonly<Record<string, boolean>>
}

/** Runs a load through a private auditd to a broker and reads what came out there. */
export async function drain(auditd: Auditd, broker: Broker): Promise<Drained> {
  const { dir } = auditd
  const readings = join(dir, 'run', 'watch.ndjson')
  const before = status().get('lost') ?? 0
  const service = startAs('service', ['run', '--config', configure(dir, readings, broker)])
  const watch = startAs('watch', ['watch', `--output=${readings}`, '--interval=1'], {
    capabilities: ['audit_control', 'syslog'],
    stderr: 'pipe',
  })
  try {
    mixedRules(auditd)
    getppidRule(auditd)
    const loads = Array.from({ length: PROCESSES }, () => auditd.load('getppid', EVENTS))
    await Promise.all([...loads, auditd.load('mixed', MIXED), auditd.load('users')])
    const marker = await auditd.settle()
    const logs = logged(auditd.log)
    const later = idsAfter(logs, marker)
    const log = new Map([...logs].filter(([id]) => !later.has(id)))
    const arrived = await arrival(broker, log)
    return {
      log,
      arrived: arrived.filter((one) => !later.has(idOf(one))),
      rejects: await consumed(broker.admin, 'audit.rejects'),
      lost: (status().get('lost') ?? 0) - before,
      shim: privilegesOf(writerOf(join(dir, 'spool'))),
      service: privilegesOf(service.pid),
      watch: privilegesOf(watch.pid),
      powers: powersOf(dir),
    }
  } finally {
    for (const child of [service, watch]) {
      const over = child.exitCode === null ? once(child, 'exit') : null
      child.kill('SIGTERM')
      await over
    }
  }
}

/** The id of an event as auditd's log has it: without the node. */
export const idOf = ({ event }: Arrived): string => event.EVENT.id.slice(`${NODE}:`.length)

/** Ids that come after that of `marker`: other programs of the machine may make records at any time. */
function idsAfter(log: ReadonlyMap<string, Logged>, marker: string): Set<string> {
  const ids = [...log.keys()]
  const at = ids.findIndex((id) => log.get(id)?.lines.some((line) => line.includes(marker)))
  return new Set(ids.slice(at + 1))
}

function configure(dir: string, readings: string, { brokers }: Broker): string {
  const config = join(dir, 'spillway.yaml')
  const lines = [
    `node: ${NODE}`,
    `spool: { directory: ${join(dir, 'spool')} }`,
    'output: kafka',
    `kafka: { brokers: ["${brokers}"] }`,
    'raw: true',
    `watch: { file: ${readings} }`,
    'log: { level: error }',
    '',
  ]
  writeFileSync(config, lines.join('\n'))
  return config
}

/**
 * The events topic once it holds every event of `log`, or has had time to: a lone record of the kernel
 * closes after two seconds of silence, later than what came after it.
 */
async function arrival(broker: Broker, log: ReadonlyMap<string, Logged>): Promise<Arrived[]> {
  for (const end = performance.now() + ARRIVE_MS; ; ) {
    const messages = await consumed(broker.admin, 'audit.events')
    const arrived = messages.map((message) => ({
      message,
      event: JSON.parse(message.value.toString()) as Event,
    }))
    const ids = new Set(arrived.map(idOf))
    if (performance.now() > end || [...log.keys()].every((id) => ids.has(id))) return arrived
  }
}

/** The process that writes a spool. */
function writerOf(spool: string): number {
  const name = readdirSync(spool).find((file) => file.endsWith('.seg')) ?? 'none'
  const header = decodeSegmentHeader(readFileSync(join(spool, name)))
  if (typeof header === 'string') throw new Error(`${name}: ${header}`)
  return header.pid
}

function privilegesOf(pid: number | undefined): Privileges {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [, uid] = /^Uid:\t(\d+)/m.exec(text) ?? []
  const [, capabilities] = /^CapEff:\t([0-9a-f]+)/m.exec(text) ?? []
  return { uid: Number(uid), capabilities: BigInt(`0x${capabilities}`) }
}

/** Tries what each user needs, and what it must not be able to. */
function powersOf(dir: string): Record<string, boolean> {
  const [spool, state, readings] = ['spool', 'spool/state', 'run/watch.ndjson'].map((name) =>
    join(dir, name),
  )
  const segments = join(spool, '*.seg')
  return {
    'the service reads the spool': may('service', `cat ${segments}`),
    'the service writes its state': may('service', `echo >${state}/probe && rm ${state}/probe`),
    'the service reads the readings': may('service', `cat ${readings}`),
    'the shim looks for what is released': may('shim', `ls ${state}`),
    'the shim makes files in the state': may('shim', `echo >${state}/probe`),
    'the shim changes the checkpoint': may('shim', `echo >>${state}/checkpoint.a`),
    'the shim deletes the checkpoint': may('shim', `rm -f ${state}/checkpoint.a`),
    'the service makes files in the spool': may('service', `echo >${spool}/probe`),
    'the service changes segments': may('service', `for s in ${segments}; do echo >>$s; done`),
    'the service deletes segments': may('service', `rm -f ${segments}`),
    'the service changes the readings': may('service', `echo >>${readings}`),
    'the watcher makes files in the spool': may('watch', `echo >${spool}/probe`),
    'the watcher makes files in the state': may('watch', `echo >${state}/probe`),
    'others list the spool': may('other', `ls ${spool}`),
    'others read the spool': may('other', `cat ${segments}`),
    'others list the state': may('other', `ls ${state}`),
    'others read the checkpoint': may('other', `cat ${state}/checkpoint.a`),
    'others read the readings': may('other', `cat ${readings}`),
  }
}
