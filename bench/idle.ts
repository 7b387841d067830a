import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, mustEqual } from './bench.ts'
import { type Activity, activityOf, type Running, SHIM, SPILLWAY, start } from './child.ts'
import { oneByOne } from './one-event.ts'
import { round } from './report.ts'

/** After the last event: the ticks, the end of the careful first seconds, the last checkpoint. */
const SETTLE_MS = 10_000
const WATCH_MS = 20_000
const CPU_PERCENT = 0.3
const WAKE_UPS = 5

/** What a shim and a service cost while nothing happens. */
export const idle: Bench = async ({ place }) => {
  const spool = join(place.disk, 'idle-spool')
  const output = join(place.disk, 'idle-output')
  const config = join(place.disk, 'idle.yaml')
  for (const directory of [spool, output]) mkdirSync(directory)
  writeFileSync(config, 'log: { level: warn }\n')
  const shim = start({ command: SHIM, args: ['--spool', spool], stdin: 'pipe' })
  const stdin = shim.child.stdin as Writable
  const [event] = oneByOne(1)
  stdin.write(event.lines)
  await sleep(1000)
  const service = start({
    command: process.execPath,
    args: [SPILLWAY, 'run', '--config', config, '--spool', spool, '--output', `ndjson:${output}`],
  })
  const processes: Readonly<Record<string, Running>> = { shim, 'spillway run': service }
  await sleep(SETTLE_MS)
  const events = await readFile(join(output, 'events.ndjson'), 'utf8')
  mustEqual('events that came through', events.split('\n').length - 1, 1)

  const look = (): Activity[] =>
    Object.values(processes).map(({ child }) => activityOf(child.pid as number))
  const before = look()
  await sleep(WATCH_MS)
  const after = look()
  const seconds = WATCH_MS / 1000
  const found = Object.keys(processes).map((name, at) => ({
    name,
    percent: ((after[at].cpu - before[at].cpu) / seconds) * 100,
    wakeUps: (after[at].wakeUps - before[at].wakeUps) / seconds,
  }))
  service.child.kill('SIGTERM')
  await service.ended
  stdin.end()
  await shim.ended
  return {
    title: 'idle: a shim and a service on a stream without records',
    notes: [
      `${seconds} s, ${SETTLE_MS / 1000} s after the only event; sums over all threads; wake-ups are voluntary context switches`,
    ],
    columns: ['', 'CPU %', 'wake-ups/s'],
    rows: found.map(({ name, percent, wakeUps }) => [name, round(percent), round(wakeUps)]),
    targets: found.flatMap(({ name, percent, wakeUps }) => [
      { what: `CPU of ${name}, %`, value: percent, limit: CPU_PERCENT, kind: 'at most' as const },
      { what: `wake-ups/s of ${name}`, value: wakeUps, limit: WAKE_UPS, kind: 'at most' as const },
    ]),
    data: found,
  }
}
