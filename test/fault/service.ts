import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, vi } from 'vitest'

const folder = resolve('node_modules/.cache/spillway', `service-${process.pid}`)
const places = mkdtempSync(join(tmpdir(), 'spillway-service-'))
afterAll(() => {
  for (const made of [folder, places]) rmSync(made, { recursive: true, force: true })
})

/** Compiles the service and its worker; gives the script to run. */
export async function buildService(): Promise<string> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await build({
    entryPoints: {
      'src/test/run': 'test/fault/run-service.ts',
      'workers/decode': 'workers/decode.ts',
    },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['piscina', 'pino', 'prom-client', 'zod', 'yaml'],
    logLevel: 'error',
  })
  return join(folder, 'src/test/run.js')
}

/** A spool and a sink directory of one test. */
export interface Place {
  readonly spool: string
  readonly out: string
}

export function makePlace(): Place {
  const place = mkdtempSync(join(places, 'place-'))
  const spool = join(place, 'spool')
  mkdirSync(spool)
  return { spool, out: join(place, 'out') }
}

/** How the service is started; `more` is YAML. */
interface Start {
  readonly input: string
  readonly workers: number
  readonly more: string
}

/** Starts the service on a place. */
export function startService(
  script: string,
  { spool, out }: Place,
  { input = 'spool', workers = 0, more = '' }: Partial<Start> = {},
): ChildProcess {
  return spawn(process.execPath, [script, spool, out, input, String(workers), more], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

/** An event of three records and EOE. */
export function eventText(serial: number): string {
  const stamp = `audit(${1795331090 + Math.floor(serial / 100)}.${String(serial % 1000).padStart(3, '0')}:${serial}):`
  return [
    `type=SYSCALL msg=${stamp} arch=c000003e syscall=257 success=yes exit=3 items=1 pid=${serial} uid=0 comm="cat" exe="/usr/bin/cat" key="etc"`,
    `type=CWD msg=${stamp} cwd="/root"`,
    `type=PATH msg=${stamp} item=0 name="/etc/hosts" inode=${serial} dev=08:01 mode=0100644 ouid=0 ogid=0 nametype=NORMAL`,
    `type=EOE msg=${stamp} `,
    '',
  ].join('\n')
}

interface Delivered {
  /** Serials in the order of their first delivery. */
  readonly serials: readonly number[]
  /** Lines that came again. */
  readonly repeated: number
  /** Lines that came again under the same id and position and were not the same. */
  readonly contradictions: number
}

/** What a place's sink holds. Every line has to be whole. */
export function delivered({ out }: Place): Delivered {
  const seen = new Map<string, string>()
  const serials: number[] = []
  let repeated = 0
  let contradictions = 0
  for (const line of eventLines(out)) {
    const { EVENT: event } = JSON.parse(line) as {
      EVENT: { id: string; pos: string; serial: number; complete: boolean }
    }
    if (!event.complete) throw new Error(`not complete: ${line}`)
    const key = `${event.id} ${event.pos}`
    const before = seen.get(key)
    if (before === undefined) serials.push(event.serial)
    else repeated++
    if (before !== undefined && before !== line) contradictions++
    seen.set(key, line)
  }
  return { serials, repeated, contradictions }
}

/** Settles when the sink holds at least so many lines. */
export async function untilDelivered(place: Place, lines: number): Promise<void> {
  await vi.waitFor(
    () => {
      if (eventLines(place.out).length < lines) throw new Error('not yet')
    },
    { timeout: 20_000, interval: 50 },
  )
}

/** Settles when the sink holds the event of this serial. */
export async function untilSerial({ out }: Place, serial: number): Promise<void> {
  const event = `"serial":${serial},`
  await vi.waitFor(
    () => {
      if (!readFileSync(join(out, 'events.ndjson'), 'utf8').includes(event))
        throw new Error('not yet')
    },
    { timeout: 20_000, interval: 50 },
  )
}

function eventLines(out: string): string[] {
  try {
    return readFileSync(join(out, 'events.ndjson'), 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}
