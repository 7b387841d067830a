import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker, whyNoBroker } from '../../kafka/broker.ts'
import { noDisk } from '../../loop-disk.ts'
import { loadOf } from '../../shim/process.ts'
import { Host } from './host.ts'
import { KafkaOutlet } from './kafka-outlet.ts'
import { settled } from './run.ts'
import { Source } from './source.ts'

/**
 * A broker that is away for OUTAGE_SECONDS, 20 without it, while OUTAGE_RATE events come a second, 5000
 * without it. Says what it took as one line of JSON.
 */
const SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 20)
const RATE = Number(process.env['OUTAGE_RATE'] ?? 5000)
const DISK_BYTES = 6 * 2 ** 30
const LOOK_MS = 100
/** Seconds of an outage after which memory has had time to become what it stays. */
const WARM_S = 120
/** By how much memory may differ between the first and the last half after that. */
const FLAT_BYTES = 32 << 20
/** The kernel's clock ticks a second (`getconf CLK_TCK`). */
const TICKS = 100

const reason = noDisk ?? whyNoBroker()
if (reason !== null) console.warn(`a broker that is away for long is left out: ${reason}`)

describe.skipIf(reason !== null)('a broker that is away for long', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.end())

  test(
    'costs nothing and makes no memory grow, and all comes in order when it is back',
    async () => {
      const source = new Source(RATE)
      const outlet = await KafkaOutlet.open(broker.brokers, broker.client)
      const host = new Host(source, outlet, { raw: false, diskBytes: DISK_BYTES })
      const delivered = (): Promise<number> => outlet.last()
      try {
        const writing = source.run()
        await host.startShim()
        host.startService()
        while ((await delivered()) === 0) await sleep(LOOK_MS)
        const before = await delivered()
        await broker.stop()
        const memory = await watched(host, SECONDS)
        const due = source.serial
        const back = broker.start()
        // The broker answers when it is back, and may have been given much of the backlog by then.
        const from = await delivered()
        const began = performance.now()
        const spent = cpuOf(host.service)
        while ((await delivered()) < due) await sleep(LOOK_MS)
        const seconds = (performance.now() - began) / 1000
        const cpu = cpuOf(host.service) - spent
        await back
        source.stop()
        await writing
        await settled(delivered, source.serial)
        const { events, repeated, outOfOrder } = await seriesOf(outlet)
        expect(await host.end()).toEqual({ shim: 0, service: 0 })
        const backlog = due - before
        const times = Math.max(0, due - from) / RATE / seconds
        const warm = memory.filter(({ at }) => at > WARM_S)
        const halves = [warm.slice(0, warm.length >> 1), warm.slice(warm.length >> 1)]
        const means = halves.map((half) => ({
          service: mean(half.map(({ service }) => service)),
          shim: mean(half.map(({ shim }) => shim)),
        }))
        console.log(JSON.stringify({ backlog, seconds, times, cpu, means, events, repeated }))
        expect({ events, outOfOrder }).toEqual({ events: source.serial, outOfOrder: 0 })
        expect(backlog).toBeGreaterThan(RATE)
        if (warm.length > 1)
          for (const name of ['service', 'shim'] as const)
            expect(means[1][name] - means[0][name]).toBeLessThan(FLAT_BYTES)
      } finally {
        host.remove()
        await outlet.remove()
      }
    },
    SECONDS * 4000 + 300_000,
  )
})

/** Memory of a host's processes, in bytes, so many seconds after it was first looked at. */
interface Memory {
  readonly at: number
  readonly service: number
  readonly shim: number
}

async function watched({ service, shim }: Host, seconds: number): Promise<Memory[]> {
  const memory: Memory[] = []
  for (let at = 1; at <= seconds; at++) {
    await sleep(1000)
    memory.push({ at, service: residentOf(service), shim: residentOf(shim) })
  }
  return memory
}

function residentOf(child: ChildProcess | null): number {
  const status = readFileSync(`/proc/${child?.pid}/status`, 'latin1')
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) * 1024
}

/** Seconds of CPU that all threads of a process have taken. */
function cpuOf(child: ChildProcess | null): number {
  return loadOf(child?.pid ?? 0).ticks / TICKS
}

/** How many events there are, each counted once, how many came again, and how many before their turn. */
async function seriesOf(
  outlet: KafkaOutlet,
): Promise<{ events: number; repeated: number; outOfOrder: number }> {
  let [events, repeated, outOfOrder] = [0, 0, 0]
  for await (const serial of outlet.serials()) {
    if (serial <= events) repeated++
    else if (serial === events + 1) events++
    else outOfOrder++
  }
  return { events, repeated, outOfOrder }
}

function mean(numbers: readonly number[]): number {
  return Math.round(numbers.reduce((sum, n) => sum + n, 0) / numbers.length)
}
