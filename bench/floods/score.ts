import type { Message } from '../../src/model/delivery.ts'
import { AFTER_S, type Host, run, type Told } from './host.ts'
import { check, type Label, STRICT_SHARE } from './labels.ts'
import type { Named } from './stage.ts'

/** What came out for one labelled flood. */
export interface Found {
  readonly label: Label
  /** Seconds from when it was harmful to when it was told; null where it was not. */
  readonly delay: number | null
  /** It was told, and the first alert while it lasted names its key or that of another flood. */
  readonly attributed: boolean
  /** Seconds from when it made all that can be drained, or from its beginning, to its page; null where none came. */
  readonly paged: number | null
  /** When it began its key was told of already, as doing what it usually does. */
  readonly inHabit: boolean
  /** Whether the alert that told it named who makes it; null where none told it, or with nobody. */
  readonly named: Named | null
}

/** What came out for one host, or for several together. */
export interface Score {
  days: number
  found: Found[]
  /** Alerts that no flood accounts for, by severity. */
  stray: { info: number; warning: number; critical: number }
  /** Infos among them a day, of the host that has most. */
  mostInfos: number
}

/** Runs a host and holds what is told against its labels. Throws where the alerts do not go together. */
export function scoreOf(host: Host): Score {
  check(host.labels, host.drain)
  const told = run(host)
  mustPair(told)
  const raised = told.filter(({ alert }) => alert['status'] === 'firing')
  const stray = { info: 0, warning: 0, critical: 0 }
  for (const { at, alert } of raised)
    if (!host.labels.some((label) => belongs(label, at, keyOf(alert))))
      stray[alert['severity'] as keyof typeof stray]++
  const open = openTimes(told)
  const found = host.labels.map((label) => foundOf(label, host.labels, raised, open))
  const days = host.seconds / 86_400
  return { days, found, stray, mostInfos: stray.info / days }
}

/**
 * A flood that is open when the labelled one begins stands for it, unless it is told as a habit of its key: that
 * the key does what it usually does says nothing of what begins now.
 */
function foundOf(
  label: Label,
  labels: readonly Label[],
  raised: readonly Told[],
  open: readonly Open[],
): Found {
  const mine = raised.filter(({ at, alert }) => belongs(label, at, keyOf(alert)))
  const before = open.filter(
    ({ key, from, to }) => key === label.key && from < label.from && to > label.harmful,
  )
  const isTold = before.some(({ habitUntil }) => habitUntil <= label.from)
  const first = raised.find(({ at }) => at > label.from && at < label.to + AFTER_S)
  const start = mine[0]?.at
  const page = mine.find(({ alert }) => alert['severity'] === 'critical')?.at
  return {
    label,
    delay: isTold ? 0 : start === undefined ? null : Math.max(0, start - label.harmful),
    attributed: isTold || (mine.length > 0 && first !== undefined && isFlood(first, labels)),
    paged: page === undefined ? null : Math.max(0, page - fullAt(label)),
    inHabit: before.length > 0 && !isTold,
    named: mine[0]?.named ?? null,
  }
}

/** When a flood makes all that can be drained; its beginning where it never does. */
function fullAt({ from, harmful, share }: Label): number {
  return share < 1 ? from : from + (harmful - from) / STRICT_SHARE
}

/** Whether an alert is of the key of a labelled flood that lasts then. */
function isFlood({ at, alert }: Told, labels: readonly Label[]): boolean {
  return labels.some((label) => belongs(label, at, keyOf(alert)))
}

/** Several scores as one. */
export function together(scores: readonly Score[]): Score {
  const stray = { info: 0, warning: 0, critical: 0 }
  const sum: Score = { days: 0, found: [], stray, mostInfos: 0 }
  for (const { days, found, stray: of, mostInfos } of scores) {
    sum.days += days
    sum.mostInfos = Math.max(sum.mostInfos, mostInfos)
    sum.found.push(...found)
    for (const severity of ['info', 'warning', 'critical'] as const) stray[severity] += of[severity]
  }
  return sum
}

/** The floods that take at least STRICT_SHARE of the drain. */
export function strict({ found }: Score): Found[] {
  return found.filter(({ label }) => label.share >= STRICT_SHARE)
}

function belongs({ key, from, to }: Label, at: number, told: string): boolean {
  return key === told && at > from && at < to + AFTER_S
}

function keyOf({ evidence }: Message): string {
  return String((evidence as Message)['key'])
}

/** Every start has its end, and nothing is opened twice. */
function mustPair(told: readonly Told[]): void {
  const open = new Set<string>()
  for (const { alert } of told) {
    const key = keyOf(alert)
    const isStart = alert['type'] === 'flood.start'
    if (open.has(key) === isStart) throw new Error(`${String(alert['type'])} of ${key} out of turn`)
    if (isStart) open.add(key)
    else if (alert['type'] === 'flood.end') open.delete(key)
  }
  if (open.size > 0) throw new Error(`floods without an end: ${[...open].join(', ')}`)
}

/** Times at which a flood was open, and until when it was told as a habit. */
interface Open {
  readonly key: string
  readonly from: number
  readonly to: number
  readonly habitUntil: number
}

function openTimes(told: readonly Told[]): Open[] {
  const times: Open[] = []
  const since = new Map<string, { from: number; habitUntil: number }>()
  for (const { at, alert } of told) {
    const key = keyOf(alert)
    const isHabit = (alert['evidence'] as Message)['why'] === 'share'
    const known = since.get(key) ?? { from: at, habitUntil: at }
    if (alert['type'] === 'flood.start')
      since.set(key, { from: at, habitUntil: isHabit ? Number.POSITIVE_INFINITY : at })
    else if (alert['type'] === 'flood.worse')
      since.set(key, { ...known, habitUntil: Math.min(known.habitUntil, at) })
    else times.push({ key, ...known, to: at })
  }
  return times
}
