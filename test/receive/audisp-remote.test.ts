import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildService, makePlace, type Place, startService } from '../fault/service.ts'
import { freePort, missingForRemote, startRemote } from './audisp-remote.ts'

/** Records through the real client; the long run is `SPILLWAY_REMOTE_RECORDS=100000`. */
const RECORDS = Number(process.env['SPILLWAY_REMOTE_RECORDS'] ?? 20_000)

/** Waits for every record, whatever the network does, and keeps what is not acknowledged. */
const PATIENT = [
  'network_failure_action = warn_once',
  'max_tries_per_record = 600',
  'max_time_per_record = 600',
]

if (missingForRemote !== null)
  console.error(`receiving from the real audisp-remote is not tested, missing: ${missingForRemote}`)

let script = ''
let children: ChildProcess[] = []
beforeAll(async () => {
  script = await buildService()
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})

const recordText = (serial: number): string =>
  `node=web-02 type=USER_CMD msg=audit(1795331090.000:${serial}): pid=${serial} uid=0 auid=0 ses=1 msg='cwd="/root" cmd="id" res=success'\n`

const records = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => recordText(from + n)).join('')

/** Serials of the delivered events, once for each place in the spool. */
function serialsIn({ out }: Place): number[] {
  const text = existsSync(out) ? readFileSync(join(out, 'events.ndjson'), 'utf8') : ''
  const found = [...text.matchAll(/"id":"web-02:[\d.]+:(\d+)","pos":"([\d.]+)"/g)]
  return [...new Map(found.map(([, serial, pos]) => [pos, Number(serial)])).values()]
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(200)
}

/** Starts the service; settles when it listens. */
async function start(place: Place, port: number, more = ''): Promise<ChildProcess> {
  const service = startService(script, place, { input: `tcp://127.0.0.1:${port}`, more })
  children.push(service)
  for (;;) {
    const probe = connect(port, '127.0.0.1')
    const event = await Promise.race([
      once(probe, 'connect').then(() => 'connect'),
      once(probe, 'error').then(() => 'error'),
    ]).catch(() => 'error')
    probe.destroy()
    if (event === 'connect') return service
    await sleep(100)
  }
}

function sender(place: Place, port: number, more: readonly string[]): ChildProcess {
  const remote = startRemote(join(dirname(place.spool), 'etc'), port, more)
  children.push(remote)
  return remote
}

async function stop(service: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const closed = once(service, 'close') as Promise<[number | null]>
  service.kill(signal)
  return (await closed)[0]
}

describe.skipIf(missingForRemote !== null)('spillway run as the server of audisp-remote', () => {
  it(
    'loses no record that was acknowledged when it is killed twice',
    async () => {
      const [place, port] = [makePlace(), await freePort()]
      let service = await start(place, port)
      const remote = sender(place, port, PATIENT)
      remote.stdin?.write(records(1, RECORDS + 1))
      for (const share of [0.25, 0.6]) {
        await until(() => serialsIn(place).length >= RECORDS * share)
        await stop(service, 'SIGKILL')
        service = await start(place, port)
      }
      await until(() => new Set(serialsIn(place)).size === RECORDS)
      remote.stdin?.end()
      expect(await stop(service, 'SIGTERM')).toBe(0)
      const serials = serialsIn(place)
      const all = Array.from({ length: RECORDS }, (_, n) => n + 1)
      expect([...new Set(serials)].toSorted((a, b) => a - b)).toEqual(all)
      // At each kill one record may have been written and not acknowledged, which comes again.
      expect(serials.length).toBeLessThanOrEqual(RECORDS + 2)
    },
    120_000 + RECORDS * 5,
  )

  it('is stopped and started again without ending a client that has its defaults', async () => {
    const [place, port] = [makePlace(), await freePort()]
    const first = await start(place, port)
    const remote = sender(place, port, [])
    remote.stdin?.write(records(1, 101))
    await until(() => serialsIn(place).length === 100)
    expect(await stop(first, 'SIGTERM')).toBe(0)
    remote.stdin?.write(records(101, 111))
    await sleep(500)
    const second = await start(place, port)
    let serial = 111
    await until(() => {
      // It looks whether its server is back when the next record comes.
      remote.stdin?.write(recordText(serial++))
      return serialsIn(place).length > 111
    })
    await until(() => serialsIn(place).length === serial - 1)
    expect(remote.exitCode).toBeNull()
    expect(await stop(second, 'SIGTERM')).toBe(0)
    expect(serialsIn(place)).toEqual(Array.from({ length: serial - 1 }, (_, n) => n + 1))
  })

  it('acknowledges what the disk has, where that is set', async () => {
    const [place, port] = [makePlace(), await freePort()]
    const service = await start(place, port, 'receive: { sync: true }')
    const remote = sender(place, port, PATIENT)
    remote.stdin?.write(records(1, 301))
    await until(() => serialsIn(place).length === 300)
    expect(await stop(service, 'SIGTERM')).toBe(0)
  })

  it('takes format ascii as well', async () => {
    const [place, port] = [makePlace(), await freePort()]
    const service = await start(place, port)
    const remote = sender(place, port, ['format = ascii'])
    for (let serial = 1; serial <= 200; serial++) remote.stdin?.write(recordText(serial))
    await until(() => serialsIn(place).length >= 199)
    expect(await stop(service, 'SIGTERM')).toBe(0)
    expect(serialsIn(place)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
  })
})
