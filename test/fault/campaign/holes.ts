import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Outlet } from './outlet.ts'
import { comparePos } from './position.ts'

/** Milliseconds in which what is missing is told: ten seconds of the stream later, which a tick may have to say. */
const TOLD_MS = 45_000
const LOOK_MS = 1000

type Alert =
  | { readonly type: 'stream.gap'; readonly evidence: Gaps }
  | { readonly type: 'spool.corrupt'; readonly evidence: Damage }
  | { readonly type: 'other' }

interface Gaps {
  readonly ranges: readonly { readonly from: number; readonly to: number }[]
  readonly more: number
}

/** Positions between which the spool is damaged. */
interface Damage {
  readonly from: string
  readonly to: string
}

/** Serials that alerts name as missing. */
interface Named {
  readonly serials: ReadonlySet<number>
  /** There were more ranges than an alert has room for. */
  readonly more: boolean
  readonly damage: readonly Damage[]
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
export async function holesOf({ absent, present }: Account, outlet: Outlet): Promise<Holes> {
  let found = await namedBy(outlet)
  for (const end = performance.now() + TOLD_MS; performance.now() < end; ) {
    if (found.more || missingFrom(found.serials, absent) === 0) break
    await sleep(LOOK_MS)
    found = await namedBy(outlet)
  }
  const silent = missingFrom(found.serials, absent)
  const wrong = wronglyNamed(found, present)
  const broken: string[] = []
  if (silent > 0 && !found.more) broken.push(`${silent} events are missing and no alert names them`)
  if (wrong > 0) broken.push(`${wrong} events are named as missing and did come`)
  return { named: absent.size - silent, broken }
}

/**
 * How many events are named that did come. Those do not count where the spool was damaged after they had been
 * delivered: a service that is killed before it could save that reads the place again, and finds nothing.
 */
function wronglyNamed({ serials, damage }: Named, present: ReadonlyMap<number, string>): number {
  let count = 0
  for (const serial of serials) {
    const pos = present.get(serial)
    if (pos !== undefined && !damage.some((range) => isWithin(pos, range))) count++
  }
  return count
}

function isWithin(pos: string, { from, to }: Damage): boolean {
  return comparePos(from, pos) <= 0 && comparePos(pos, to) < 0
}

async function namedBy(outlet: Outlet): Promise<Named> {
  const serials = new Set<number>()
  const damage: Damage[] = []
  let more = false
  for await (const line of outlet.lines('alerts')) {
    const alert = JSON.parse(line) as Alert
    if (alert.type === 'spool.corrupt') damage.push(alert.evidence)
    if (alert.type !== 'stream.gap') continue
    more ||= alert.evidence.more > 0
    for (const { from, to } of alert.evidence.ranges)
      for (let serial = from; serial <= to; serial++) serials.add(serial)
  }
  return { serials, more, damage }
}

/** How many of `wanted` are not in `found`. */
function missingFrom(found: ReadonlySet<number>, wanted: ReadonlySet<number>): number {
  let count = 0
  for (const serial of wanted) if (!found.has(serial)) count++
  return count
}
