import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, mustEqual } from './bench.ts'
import { readEvents } from './events.ts'
import { type OneEvent, oneByOne } from './one-event.ts'
import { type Cost, type Pair, startPair } from './pair.ts'
import { round } from './report.ts'

/**
 * Half an hour of the 10 events a second, in a few seconds: what a quiet host pays all day is the cost of
 * processes whose code has long been compiled.
 */
const BEFORE_EVENTS = 18_000
const BEFORE_AT_ONCE = 100
const BEFORE_PAUSE_MS = 40
/** The stream runs so long before it is watched, and so long while it is. */
const WARM_MS = 3000
const WATCH_MS = 15_000
/** Until all that came is delivered and saved. */
const REST_MS = 6000

/** Lines of a whole event with EOE at least. */
const LEAST_LINES = 2

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
  for (const [at, load] of LOADS.entries()) {
    const [first, ...events] = eventsFor(load)
    const texts = events.map(({ lines }) => lines)
    const later = texts.slice(BEFORE_EVENTS)
    const writes = load.of === 'events' ? later : later.flatMap((lines) => lines.split(/(?<=\n)/))
    const pair = await startPair(place, `trickle-${at}`, first.lines)
    await history(pair, texts.slice(0, BEFORE_EVENTS))
    found.push({ load: load.name, costs: await costsOf(pair, writes, load.perSecond) })
    mustEqual('events that came through', (await readEvents(pair.events)).events, 1 + events.length)
    await pair.stop()
  }
  const atTen = found[0].costs
  const [shim] = atTen
  const sum = (of: 'percent' | 'mebibytes'): number =>
    atTen.reduce((all, cost) => all + cost[of], 0)
  return {
    title: 'trickle: a shim and a service on a stream of few records',
    notes: [
      `${WATCH_MS / 1000} s each, after ${BEFORE_EVENTS} events; the records of an event are written together, those of the other rates one by one, evenly spread`,
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

/** As many whole events as are written in the time, those before it, and the first. */
function eventsFor({ perSecond, of }: Load): OneEvent[] {
  const count = Math.ceil((perSecond * (WARM_MS + WATCH_MS)) / 1000)
  const before = 1 + BEFORE_EVENTS
  if (of === 'events') return oneByOne(before + count)
  let lines = 0
  const events = oneByOne(before + count / LEAST_LINES)
  return events.filter((event, at) => {
    const wanted = lines < count
    if (wanted && at >= before) lines += event.lines.split('\n').length - 1
    return wanted
  })
}

/** Writes what came before, faster than it would have come. */
async function history({ stdin }: Pair, texts: readonly string[]): Promise<void> {
  for (let done = 0; done < texts.length; done += BEFORE_AT_ONCE) {
    stdin.write(texts.slice(done, done + BEFORE_AT_ONCE).join(''))
    await sleep(BEFORE_PAUSE_MS)
  }
  await sleep(REST_MS)
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
