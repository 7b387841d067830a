import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventText } from '../fault/service.ts'
import { freePort } from '../receive/audisp-remote.ts'
import { message, repliesIn } from '../receive/wire.ts'
import { ROOT } from './spillway.ts'

const noKafka = !existsSync(join(ROOT, 'node_modules/node-rdkafka/build/Release'))
if (noKafka) console.warn('a test of signals is left out: node-rdkafka is not built')

let directory = ''
let children: ChildProcess[] = []
let places = 0
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'spillway-signals-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A running service with a configuration of its own. */
interface Running {
  readonly child: ChildProcess
  readonly place: string
  /** Its log so far. */
  said: string
  configure(text: string): void
}

async function start(text: string, input = 'spool'): Promise<Running> {
  const place = join(directory, `${places++}`)
  mkdirSync(join(place, 'spool'), { recursive: true })
  const configure = (more: string): void =>
    writeFileSync(
      join(place, 'c.yaml'),
      `input: ${input}\nspool: { directory: ${place}/spool }\n${more}\n`,
    )
  configure(text.replaceAll('PLACE', place))
  const args = [join(ROOT, 'bin/spillway'), 'run', '--config', join(place, 'c.yaml')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  const running: Running = {
    child,
    place,
    said: '',
    configure: (more) => configure(more.replaceAll('PLACE', place)),
  }
  child.stderr?.on('data', (bytes: Buffer) => {
    running.said += bytes.toString()
  })
  await says(running, '"started"')
  return running
}

async function says(running: Running, what: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(running.said).toMatch(what), { timeout: 20_000, interval: 50 })
}

async function stop({ child }: Running): Promise<number | null> {
  const closed = once(child, 'close') as Promise<[number | null]>
  child.kill('SIGTERM')
  return (await closed)[0]
}

/** `id` and `pos` of the events in these directories, as often as they came. */
function delivered(
  { place }: Running,
  ...outs: readonly string[]
): { serials: Set<number>; count: number } {
  const found = outs
    .map((out) => join(place, out, 'events.ndjson'))
    .filter((path) => existsSync(path))
    .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/"serial":(\d+)/g)])
  return { serials: new Set(found.map(([, serial]) => Number(serial))), count: found.length }
}

function startShim({ place }: Running): ChildProcess {
  const args = ['--jitless', '--no-expose-wasm', join(ROOT, 'dist/spillway-shim')]
  const shim = spawn(process.execPath, [...args, '--spool', join(place, 'spool')], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  children.push(shim)
  return shim
}

describe('spillway run, told by a signal', () => {
  it('takes a new configuration without losing or repeating an event', async () => {
    const running = await start('output: ndjson:PLACE/a')
    const shim = startShim(running)
    let serial = 0
    const writer = setInterval(() => shim.stdin?.write(eventText(++serial)), 2)
    await vi.waitFor(() => expect(delivered(running, 'a').count).toBeGreaterThan(100), 20_000)
    running.configure('output: ndjson:PLACE/b\nraw: true')
    running.child.kill('SIGHUP')
    await vi.waitFor(() => expect(delivered(running, 'b').count).toBeGreaterThan(100), 20_000)
    clearInterval(writer)
    await vi.waitFor(() => expect(delivered(running, 'a', 'b').serials.size).toBe(serial), 20_000)
    expect(delivered(running, 'a', 'b').count).toBe(serial)
    expect(readFileSync(join(running.place, 'b/events.ndjson'), 'utf8')).toMatch(/"raw":/)
    expect(await stop(running)).toBe(0)
  })

  it.skipIf(noKafka)(
    'leaves a Kafka that does not answer, and delivers what it did not take',
    async () => {
      const running = await start('output: kafka\nkafka: { brokers: ["127.0.0.1:9"] }')
      const shim = startShim(running)
      for (let serial = 1; serial <= 20; serial++) shim.stdin?.write(eventText(serial))
      const status = join(running.place, 'spool/state/status.json')
      await vi.waitFor(() => expect(readFileSync(status, 'utf8')).toMatch(/"waiting":20,/), 20_000)
      running.configure('output: ndjson:PLACE/a')
      running.child.kill('SIGHUP')
      await says(running, '20 messages were not acknowledged by Kafka; they are sent again')
      await vi.waitFor(() => expect(delivered(running, 'a').count).toBe(20), 20_000)
      expect(await stop(running)).toBe(0)
    },
  )

  it('goes on as before with a configuration that does not hold, and says why', async () => {
    const running = await start('output: ndjson:PLACE/a')
    running.configure('output: ftp')
    running.child.kill('SIGHUP')
    await says(
      running,
      /"reason":"[^"]*output: found \\"ftp\\"[^\n]*the configuration was not taken/,
    )
    const shim = startShim(running)
    shim.stdin?.write(eventText(1))
    await vi.waitFor(() => expect(delivered(running, 'a').count).toBe(1), 20_000)
    running.configure('output: ndjson:PLACE/c.yaml')
    running.child.kill('SIGHUP')
    await says(
      running,
      /"reason":"cannot [^"]*c\.yaml[^"\n]*","msg":"the configuration was not taken"[^]*"started"/,
    )
    shim.stdin?.write(eventText(2))
    await vi.waitFor(() => expect(delivered(running, 'a').count).toBe(2), 20_000)
    expect(await stop(running)).toBe(0)
  })

  it('says in one line what cannot change, and that nothing has changed', async () => {
    const running = await start('output: ndjson:PLACE/a')
    running.configure('output: ndjson:PLACE/a\nreceive: { sync: true }')
    running.child.kill('SIGHUP')
    await says(running, /"settings":\["receive"\],"msg":"cannot change before a restart"/)
    await says(running, /"the configuration has not changed"/)
    expect(await stop(running)).toBe(0)
  })

  it('keeps the connections from which it receives', async () => {
    const port = await freePort()
    const running = await start('output: ndjson:PLACE/a', `tcp://127.0.0.1:${port}`)
    const socket = connect(port, '127.0.0.1')
    let heard = Buffer.alloc(0)
    let isOver = false
    socket.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes])
    })
    socket.on('close', () => {
      isOver = true
    })
    const send = (serial: number): unknown =>
      socket.write(message(`type=USER_CMD msg=audit(1.000:${serial}): x=1`, serial))
    for (let serial = 1; serial <= 50; serial++) send(serial)
    await vi.waitFor(() => expect(repliesIn(heard).length).toBe(50), 20_000)
    running.configure('output: ndjson:PLACE/b')
    running.child.kill('SIGHUP')
    for (let serial = 51; serial <= 100; serial++) send(serial)
    await says(running, 'the configuration was taken')
    for (let serial = 101; serial <= 150; serial++) send(serial)
    await vi.waitFor(() => expect(repliesIn(heard).length).toBe(150), 20_000)
    await vi.waitFor(() => expect(delivered(running, 'a', 'b').serials.size).toBe(150), 20_000)
    expect(isOver).toBe(false)
    expect(await stop(running)).toBe(0)
  })

  it('says how it stands, and that it tries again, and lives on', async () => {
    const running = await start('output: ndjson:PLACE/a')
    running.child.kill('SIGUSR1')
    await says(running, /"status":\{.*"delivery":.*"msg":"status"/)
    running.child.kill('SIGUSR2')
    await says(running, '"resumed"')
    expect(running.said).not.toMatch(/[Dd]ebugger/)
    expect(await stop(running)).toBe(0)
  })
})
