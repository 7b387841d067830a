import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Activity, activityOf, type Running, SHIM, SPILLWAY, start } from './child.ts'
import type { Place } from './place.ts'

/** After the first event: the service starts, and its careful first seconds pass. */
const SETTLE_MS = 10_000

/** What one of the two cost while it was watched. */
export interface Cost {
  readonly name: string
  /** Of one core, over all threads. */
  readonly percent: number
  /** Voluntary context switches a second, over all threads. */
  readonly wakeUps: number
  /** Resident memory at the end, MiB. */
  readonly mebibytes: number
}

/** A shim and a service that reads its spool, as they are shipped. */
export interface Pair {
  /** What the shim reads. */
  readonly stdin: Writable
  /** What the service has delivered. */
  readonly events: string
  /** What the shim and the service cost during so many milliseconds. */
  watch(ms: number): Promise<readonly Cost[]>
  /** Ends both. */
  stop(): Promise<void>
}

/** Starts both, with one event; settles when neither does anything of its start any more. */
export async function startPair(place: Place, name: string, event: string): Promise<Pair> {
  const spool = join(place.disk, `${name}-spool`)
  const output = join(place.disk, `${name}-output`)
  const config = join(place.disk, `${name}.yaml`)
  for (const directory of [spool, output]) mkdirSync(directory)
  writeFileSync(config, 'log: { level: warn }\n')
  const shim = start({ command: SHIM, args: ['--spool', spool], stdin: 'pipe' })
  const stdin = shim.child.stdin as Writable
  stdin.write(event)
  await sleep(1000)
  const service = start({
    command: process.execPath,
    args: [SPILLWAY, 'run', '--config', config, '--spool', spool, '--output', `ndjson:${output}`],
  })
  const processes: Readonly<Record<string, Running>> = { shim, 'spillway run': service }
  const look = (): Activity[] =>
    Object.values(processes).map(({ child }) => activityOf(child.pid as number))
  await sleep(SETTLE_MS)
  return {
    stdin,
    events: join(output, 'events.ndjson'),
    watch: async (ms) => {
      const before = look()
      const began = performance.now()
      await sleep(ms)
      const seconds = (performance.now() - began) / 1000
      return look().map(({ cpu, wakeUps, resident }, at) => ({
        name: Object.keys(processes)[at],
        percent: ((cpu - before[at].cpu) / seconds) * 100,
        wakeUps: (wakeUps - before[at].wakeUps) / seconds,
        mebibytes: resident / 2 ** 20,
      }))
    },
    stop: async () => {
      service.child.kill('SIGTERM')
      await service.ended
      stdin.end()
      await shim.ended
    },
  }
}
