import { beforeAll, describe, expect, it } from 'vitest'
import { startBroker, whyNoBroker } from '../kafka/broker.ts'
import { type Kernel, withAuditd } from './auditd.ts'
import {
  type Arrived,
  type Drained,
  drain,
  EVENTS,
  type Event,
  idOf,
  PROCESSES,
} from './drained.ts'
import { KEY, unavailable } from './kernel.ts'
import { SHIM_PLUGIN, unbuilt } from './shim-plugin.ts'
import { arrange, noUsers, uidOf } from './users.ts'

const reason = unavailable() ?? noUsers() ?? unbuilt ?? whyNoBroker()
if (reason)
  console.warn(`kernel tests are left out: ${reason} (kafka: from a real kernel to a real Kafka)`)

/** CAP_AUDIT_CONTROL and CAP_SYSLOG (include/uapi/linux/capability.h). */
const WATCH_CAPABILITIES = (1n << 30n) | (1n << 34n)
/** Members of an event that are no record types. */
const NO_TYPES = new Set(['ID', 'NODE', 'EVENT'])

/** How many records the JSON of an event holds. */
function recordsIn(event: Event): number {
  return Object.entries(event)
    .filter(([name]) => !NO_TYPES.has(name))
    .reduce((sum, [, records]) => sum + (Array.isArray(records) ? records.length : 1), 0)
}

describe.skipIf(reason)('from the kernel over auditd, shim, spool and service to Kafka', () => {
  let drained: Drained
  /** By id, each arrival once. */
  let arrived: Map<string, Arrived>
  let before: Kernel
  let after: Kernel
  beforeAll(async () => {
    const broker = await startBroker()
    const onRestored = (...kernels: [Kernel, Kernel]): void => {
      ;[before, after] = kernels
    }
    try {
      drained = await withAuditd(
        { logFormat: 'ENRICHED', plugins: [SHIM_PLUGIN], arrange, onRestored },
        (auditd) => drain(auditd, broker),
      )
      arrived = new Map(drained.arrived.map((one) => [idOf(one), one]))
    } finally {
      await broker.end()
    }
  })

  it("every event of auditd's log arrives, and no other", () => {
    expect(drained.log.size).toBeGreaterThan(PROCESSES * EVENTS)
    expect([...drained.log.keys()].filter((id) => !arrived.has(id))).toEqual([])
    expect([...arrived.keys()].filter((id) => !drained.log.has(id))).toEqual([])
    expect(drained.rejects).toEqual([])
  })

  it('what comes twice is the same twice', () => {
    for (const one of drained.arrived)
      expect(one.message.value.equals(arrived.get(idOf(one))?.message.value ?? Buffer.of())).toBe(
        true,
      )
  })

  it('each has the bytes of its lines, in their order', () => {
    const differing = [...drained.log].filter(([id, { lines }]) => {
      const raw = arrived.get(id)?.event.EVENT.raw ?? []
      return raw.map((line) => Buffer.from(line).toString('latin1')).join('\n') !== lines.join('\n')
    })
    expect(differing).toEqual([])
  })

  it('each holds as many records as it has lines, and is complete', () => {
    const differing = [...drained.log].filter(([id, { lines }]) => {
      const event = arrived.get(id)?.event
      return event === undefined || recordsIn(event) !== lines.length || !event.EVENT.complete
    })
    expect(differing).toEqual([])
  })

  it('each has the rule keys of its records, in the event and in the header', () => {
    const keys = new Set<string>()
    for (const [id, logged] of drained.log) {
      const { event, message } = arrived.get(id) as Arrived
      expect(event.EVENT.keys).toEqual(logged.keys)
      expect(message.headers['keys'] ?? '').toBe(logged.keys.join(','))
      for (const key of logged.keys) keys.add(key)
    }
    for (const key of ['files', 'delete', 'denied', 'net', 'exec', 'getppid'])
      expect(keys).toContain(`${KEY}-${key}`)
  })

  it('each message is named, timed and keyed by its event', () => {
    for (const { message, event } of drained.arrived) {
      const { key, timestamp, headers } = message
      const { id, pos, time } = event.EVENT
      expect([key, headers['id'], headers['pos'], timestamp]).toEqual([
        'web-01',
        id,
        pos,
        Date.parse(time),
      ])
    }
  })

  it('costs the kernel no event', () => {
    expect(drained.lost).toBe(0)
  })

  it('runs no process of ours as root', () => {
    const { shim, service, watch } = drained
    expect(shim).toEqual({ uid: uidOf('shim'), capabilities: 0n })
    expect(service).toEqual({ uid: uidOf('service'), capabilities: 0n })
    expect(watch).toEqual({ uid: uidOf('watch'), capabilities: WATCH_CAPABILITIES })
  })

  it('lets each of its users do what it has to, and nobody more', () => {
    expect(Object.keys(drained.powers).filter((power) => drained.powers[power])).toEqual([
      'the service reads the spool',
      'the service writes its state',
      'the service reads the readings',
      'the shim looks for what is released',
    ])
  })

  it('leaves the kernel as it was', () => {
    for (const name of ['enabled', 'pid', 'backlog_limit', 'rate_limit', 'backlog_wait_time'])
      expect([name, after.status.get(name)]).toEqual([name, before.status.get(name)])
    expect(after.rules).toBe(before.rules)
  })
})
