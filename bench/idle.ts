import { readFile } from 'node:fs/promises'
import { type Bench, mustEqual } from './bench.ts'
import { oneByOne } from './one-event.ts'
import { startPair } from './pair.ts'
import { round } from './report.ts'

const WATCH_MS = 20_000
const CPU_PERCENT = 0.3
const WAKE_UPS = 5

/** What a shim and a service cost while nothing happens. */
export const idle: Bench = async ({ place }) => {
  const [event] = oneByOne(1)
  const pair = await startPair(place, 'idle', event.lines)
  const events = await readFile(pair.events, 'utf8')
  mustEqual('events that came through', events.split('\n').length - 1, 1)
  const found = await pair.watch(WATCH_MS)
  await pair.stop()
  return {
    title: 'idle: a shim and a service on a stream without records',
    notes: [
      `${WATCH_MS / 1000} s, long after the only event; sums over all threads; wake-ups are voluntary context switches`,
    ],
    columns: ['', 'CPU %', 'wake-ups/s', 'MiB'],
    rows: found.map(({ name, percent, wakeUps, mebibytes }) => [
      name,
      round(percent),
      round(wakeUps),
      round(mebibytes),
    ]),
    targets: found.flatMap(({ name, percent, wakeUps }) => [
      { what: `CPU of ${name}, %`, value: percent, limit: CPU_PERCENT, kind: 'at most' as const },
      { what: `wake-ups/s of ${name}`, value: wakeUps, limit: WAKE_UPS, kind: 'at most' as const },
    ]),
    data: found,
  }
}
