import { setTimeout as sleep } from 'node:timers/promises'
import type { Outlet } from './outlet.ts'

/** Milliseconds in which what is missing is told: ten seconds of the stream later, which a tick may have to say. */
const TOLD_MS = 45_000
const LOOK_MS = 1000

interface Alert {
  readonly type: string
  readonly evidence: { readonly ranges: readonly Range[]; readonly more: number }
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Serials that alerts name as missing. */
interface Named {
  readonly serials: ReadonlySet<number>
  /** There were more ranges than an alert has room for. */
  readonly more: boolean
}

/** Held against what is missing. */
export interface Holes {
  /** How many of the missing events alerts name. */
  readonly named: number
  /** What must not be. */
  readonly broken: readonly string[]
}

/**
 * Waits until alerts name what is missing, serial by serial; says where they name something else in the
 * end. The stream has to go on, in silence.
 */
export async function holesOf(absent: ReadonlySet<number>, outlet: Outlet): Promise<Holes> {
  let found = await namedBy(outlet)
  for (const end = performance.now() + TOLD_MS; performance.now() < end; ) {
    if (found.more || missingFrom(found.serials, absent) === 0) break
    await sleep(LOOK_MS)
    found = await namedBy(outlet)
  }
  const silent = missingFrom(found.serials, absent)
  const wrong = missingFrom(absent, found.serials)
  const broken: string[] = []
  if (silent > 0 && !found.more) broken.push(`${silent} events are missing and no alert names them`)
  if (wrong > 0) broken.push(`${wrong} events are named as missing and did come`)
  return { named: absent.size - silent, broken }
}

async function namedBy(outlet: Outlet): Promise<Named> {
  const serials = new Set<number>()
  let more = false
  for await (const line of outlet.lines('alerts')) {
    const { type, evidence } = JSON.parse(line) as Alert
    if (type !== 'stream.gap') continue
    more ||= evidence.more > 0
    for (const { from, to } of evidence.ranges)
      for (let serial = from; serial <= to; serial++) serials.add(serial)
  }
  return { serials, more }
}

/** How many of `wanted` are not in `found`. */
function missingFrom(found: ReadonlySet<number>, wanted: ReadonlySet<number>): number {
  let count = 0
  for (const serial of wanted) if (!found.has(serial)) count++
  return count
}
