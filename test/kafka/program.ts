import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { afterAll, vi } from 'vitest'
import type { Properties } from './broker.ts'
import type { Consumed } from './client.ts'

/** `spillway run` as it is shipped, between a stream and a broker. */

const SPILLWAY = resolve(import.meta.dirname, '../../bin/spillway')
const WAIT_MS = 120_000

const places = mkdtempSync(join(tmpdir(), 'spillway-kafka-'))
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(places, { recursive: true, force: true })
})

/** What one test has: a configuration, a spool, and the stream that went in. */
export interface Place {
  readonly dir: string
  readonly input: string
}

/** A place whose service connects with these properties of librdkafka; `kafka` as in the configuration. */
export function makePlace(properties: Properties, kafka: object = {}): Place {
  const dir = mkdtempSync(join(places, 'place-'))
  configure({ dir, input: '' }, properties, kafka)
  return { dir, input: join(dir, 'input.log') }
}

/** Writes the configuration, which is how an operator mends one. */
export function configure({ dir }: Place, properties: Properties, kafka: object = {}): void {
  const { 'bootstrap.servers': brokers, ...librdkafka } = properties
  const config = {
    node: 'web-01',
    output: 'kafka',
    spool: { directory: join(dir, 'spool') },
    rates: { interval: 1 },
    kafka: { brokers: [brokers], librdkafka, ...kafka },
  }
  writeFileSync(join(dir, 'spillway.yaml'), JSON.stringify(config), { mode: 0o600 })
}

/** Options of `spillway generate`, without the dashes. */
export type Options = Readonly<Record<string, string | number>>

/** A service that runs. */
export interface Service {
  readonly child: ChildProcess
  /** Settles when the log has a line with this text. */
  readonly says: (text: string) => Promise<void>
  /** Settles with its exit code. */
  readonly ended: Promise<number | null>
}

/** Starts the service of a place with records through its standard input. */
export function startService({ dir }: Place): Service {
  const child = spawn(
    process.execPath,
    [SPILLWAY, 'run', '--input', '-', '--config', join(dir, 'spillway.yaml')],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  running.add(child)
  let log = ''
  child.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString()
  })
  child.stdin.on('error', () => {})
  return {
    child,
    says: (text) =>
      until(() => {
        if (!log.includes(text)) throw new Error(`no ${text} on its log:\n${log}`)
      }),
    ended: once(child, 'exit').then(([code]) => code as number | null),
  }
}

/** Settles when `look` throws no more. */
export function until(look: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(look, { timeout: WAIT_MS, interval: 200 })
}

/** Makes the stream of a place, of three nodes. */
export function makeInput({ input }: Place, options: Options): void {
  execFileSync(process.execPath, [SPILLWAY, 'generate', ...flags(options), '--output', input])
}

/** Gives a service the whole stream of its place, but not the end of it: `child.stdin.end()`. */
export async function feed({ child }: Service, { input }: Place): Promise<void> {
  const stream = createReadStream(input)
  stream.pipe(child.stdin as Writable, { end: false })
  await once(stream, 'end')
}

/** Gives a service a stream in real time, which is added to that of its place; settles at its end. */
export async function pace({ child }: Service, { input }: Place, options: Options): Promise<void> {
  const generator = spawn(
    process.execPath,
    [SPILLWAY, 'generate', '--paced', '--live-stamps', ...flags(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  running.add(generator)
  for await (const bytes of generator.stdout) {
    appendFileSync(input, bytes as Buffer)
    if (!child.stdin?.write(bytes)) await once(child.stdin as Writable, 'drain')
  }
}

/**
 * Events that end with EOE, one after the other: what only time ends, and what a stall of the machine cuts
 * while others go on, comes elsewhere in a stream that is read later.
 */
const ORDERLY: Options = { nodes: 3, mix: 'open=6,exec=2,connect', interleave: 0 }

const flags = (options: Options): string[] =>
  Object.entries({ ...ORDERLY, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ])

/** Ids of the events that the stream of a place holds, by node, in the order in which they close. */
export function idsIn({ input }: Place): Map<string, string[]> {
  const events = execFileSync(process.execPath, [SPILLWAY, 'decode', '--node', 'web-01', input], {
    maxBuffer: 2 ** 30,
  })
  return byNode(lines(events))
}

/** Ids of the events that were consumed, by node, each where it came first. */
export function idsOf(messages: readonly Consumed[]): Map<string, string[]> {
  return byNode(messages.map(({ value }) => value.toString()))
}

function byNode(events: readonly string[]): Map<string, string[]> {
  const ids = new Map<string, Set<string>>()
  for (const event of events) {
    const { NODE: node, EVENT } = JSON.parse(event) as { NODE: string; EVENT: { id: string } }
    ids.set(node, (ids.get(node) ?? new Set()).add(EVENT.id))
  }
  return new Map(Array.from(ids, ([node, seen]) => [node, [...seen]]))
}

const lines = (bytes: Buffer): string[] => bytes.toString().split('\n').slice(0, -1)
