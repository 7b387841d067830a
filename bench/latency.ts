import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, mustEqual } from './bench.ts'
import { SPILLWAY, start } from './child.ts'
import { oneByOne } from './one-event.ts'
import { percentile, round } from './report.ts'

const EVENTS = 200
/** Pauses between events vary, so that they meet every timer at every phase. */
const LEAST_PAUSE_MS = 30
const PAUSE_SPREAD_MS = 40
const LIMIT_MS = 100

/** From the last byte of an event written to a pipe to the line that it becomes. */
export const latency: Bench = async ({ place }) => {
  const spool = join(place.disk, 'latency-spool')
  const config = join(place.disk, 'latency.yaml')
  writeFileSync(config, 'log: { level: warn }\n')
  const ways: Readonly<Record<string, readonly string[]>> = {
    'decode -': ['decode', '-'],
    'run --input -': [
      'run',
      '--input',
      '-',
      '--output',
      'stdout',
      '--spool',
      spool,
      '--config',
      config,
    ],
  }
  const found: Record<string, number[]> = {}
  for (const [name, args] of Object.entries(ways)) found[name] = await latencies(args)
  const names = Object.keys(found)
  return {
    title: 'latency: from a whole event in a pipe to its line in another',
    notes: [
      `${EVENTS} events, one at a time, ${LEAST_PAUSE_MS} to ${LEAST_PAUSE_MS + PAUSE_SPREAD_MS} ms apart, after one that is not counted; milliseconds`,
    ],
    columns: ['', 'p50', 'p99', 'most'],
    rows: names.map((name) => [
      name,
      round(percentile(found[name], 0.5)),
      round(percentile(found[name], 0.99)),
      round(Math.max(...found[name])),
    ]),
    targets: names.map((name) => ({
      what: `p99 of ${name}, ms`,
      value: percentile(found[name], 0.99),
      limit: LIMIT_MS,
      kind: 'at most',
    })),
    data: found,
  }
}

async function latencies(args: readonly string[]): Promise<number[]> {
  const { child, ended } = start({
    command: process.execPath,
    args: [SPILLWAY, ...args],
    stdin: 'pipe',
    stdout: 'pipe',
  })
  const stdin = child.stdin as Writable
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]()
  const taken: number[] = []
  // The first one waits for the process to start.
  for (const [at, { id, lines: event }] of oneByOne(EVENTS + 1).entries()) {
    const began = performance.now()
    stdin.write(event)
    const { value } = await Promise.race([lines.next(), ended.then(() => ({ value: '{}' }))])
    taken.push(performance.now() - began)
    mustEqual('event that came', (JSON.parse(value as string) as { ID?: string }).ID, id)
    await sleep(LEAST_PAUSE_MS + ((at * 7) % PAUSE_SPREAD_MS))
  }
  stdin.end()
  await ended
  return taken.slice(1)
}
