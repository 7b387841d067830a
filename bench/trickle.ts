import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, mustEqual } from './bench.ts'
import { readEvents } from './events.ts'
import { type OneEvent, oneByOne } from './one-event.ts'
import { type Cost, type Pair, startPair } from './pair.ts'
import { round } from './report.ts'

/**
 * A quarter of an hour of the 10 events a second, in two minutes: what a quiet host pays all day is the cost of
 * processes whose code has long been compiled. Compiled is what has often been run, and most of it runs once a batch:
 * so they come five at a time, as far apart as makes each a batch.
 */
const BEFORE_EVENTS = 9000
const BEFORE_AT_ONCE = 5
const BEFORE_PAUSE_MS = 60
/** Then V8 collects garbage three times while less happens, which a stream that stays as it is does not bring about. */
const AFTER_MS = 30_000
/** The stream runs so long before it is watched, and so long while it is. */
const WARM_MS = 3000
const WATCH_MS = 20_000
/** Until all that came is delivered and saved. */
const REST_MS = 12_000

/** Events made for all loads, whose records are 256,000. */
const MOST_EVENTS = 90_000

/** Limits at 10 events/s: CPU of both, memory of both, memory of the shim. */
const CPU_PERCENT = 1
const PAIR_MIB = 150
const SHIM_MIB = 50

interface Load {
  readonly name: string
  /** Writes a second, each an event or a record. */
  readonly perSecond: number
  readonly of: 'events' | 'records'
}

const LOADS: readonly Load[] = [
  { name: '10 events/s', perSecond: 10, of: 'events' },
  { name: '100 records/s', perSecond: 100, of: 'records' },
  { name: '1,000 records/s', perSecond: 1000, of: 'records' },
  { name: '10,000 records/s', perSecond: 10_000, of: 'records' },
]

/** What a shim and a service cost on a stream of few records: what a quiet host pays all day. */
export const trickle: Bench = async ({ place }) => {
  const found: { load: string; costs: readonly Cost[] }[] = []
  const [first, ...events] = oneByOne(1 + BEFORE_EVENTS + MOST_EVENTS)
  const writes = loadsOf(events.slice(BEFORE_EVENTS))
  const pair = await startPair(place, 'trickle', first.lines)
  await history(pair, events.slice(0, BEFORE_EVENTS))
  for (const [at, { name, perSecond }] of LOADS.entries())
    found.push({ load: name, costs: await costsOf(pair, writes[at], perSecond) })
  const ends = writes.flat().filter((lines) => lines.includes('type=EOE')).length
  mustEqual(
    'events that came through',
    (await readEvents(pair.events)).events,
    1 + BEFORE_EVENTS + ends,
  )
  await pair.stop()
  const atTen = found[0].costs
  const [shim] = atTen
  const sum = (of: 'percent' | 'mebibytes'): number =>
    atTen.reduce((all, cost) => all + cost[of], 0)
  return {
    title: 'trickle: a shim and a service on a stream of few records',
    notes: [
      `${WATCH_MS / 1000} s each, after ${BEFORE_EVENTS} events in two minutes; the records of an event are written together, those of the other rates one by one, evenly spread`,
      'sums over all threads; wake-ups are voluntary context switches',
    ],
    columns: ['', '', 'CPU %', 'wake-ups/s', 'MiB'],
    rows: found.flatMap(({ load, costs }) =>
      costs.map(({ name, percent, wakeUps, mebibytes }) => [
        load,
        name,
        round(percent),
        round(wakeUps),
        round(mebibytes),
      ]),
    ),
    targets: [
      {
        what: 'CPU of both at 10 events/s, %',
        value: sum('percent'),
        limit: CPU_PERCENT,
        kind: 'at most',
      },
      { what: 'MiB of both', value: sum('mebibytes'), limit: PAIR_MIB, kind: 'at most' },
      { what: 'MiB of the shim', value: shim.mebibytes, limit: SHIM_MIB, kind: 'at most' },
    ],
    data: found,
  }
}

/** What is written at a rate in the time: events, or as many whole ones as have the records. */
function loadsOf(events: readonly OneEvent[]): string[][] {
  const texts = events.map(({ lines }) => lines)
  let next = 0
  return LOADS.map(({ perSecond, of }) => {
    const count = Math.ceil((perSecond * (WARM_MS + WATCH_MS)) / 1000)
    const writes: string[] = []
    while (writes.length < count)
      writes.push(...(of === 'events' ? [texts[next++]] : texts[next++].split(/(?<=\n)/)))
    return writes
  })
}

/** Writes what came before, faster than it would have come. */
async function history({ stdin }: Pair, events: readonly OneEvent[]): Promise<void> {
  for (let done = 0; done < events.length; done += BEFORE_AT_ONCE) {
    const some = events.slice(done, done + BEFORE_AT_ONCE)
    stdin.write(some.map(({ lines }) => lines).join(''))
    await sleep(BEFORE_PAUSE_MS)
  }
  await sleep(AFTER_MS)
}

/** Writes at a rate, and watches what that costs. */
async function costsOf(pair: Pair, writes: readonly string[], perSecond: number) {
  const began = performance.now()
  const feed = async (): Promise<void> => {
    for (let done = 0; done < writes.length; ) {
      const due = Math.min(writes.length, ((performance.now() - began) * perSecond) / 1000)
      while (done < due) pair.stdin.write(writes[done++])
      await sleep(Math.max(1, (done / perSecond) * 1000 - (performance.now() - began)))
    }
  }
  const fed = feed()
  await sleep(WARM_MS)
  const costs = await pair.watch(WATCH_MS)
  await fed
  await sleep(REST_MS)
  return costs
}
