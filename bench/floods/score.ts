import type { Message } from '../../src/model/delivery.ts'
import { type Host, run, type Told } from './host.ts'
import { check, type Label, STRICT_SHARE } from './labels.ts'

/** Seconds after a flood in which it may still be told, and an alert of its key still belongs to it. */
const AFTER_S = 5

/** What came out for one labelled flood. */
export interface Found {
  readonly label: Label
  /** Seconds from when it was harmful to when it was told; null where it was not. */
  readonly delay: number | null
  /** The first alert that was told while it lasted names its key. */
  readonly attributed: boolean
  /** It was said to be critical. */
  readonly paged: boolean
}

/** What came out for one host, or for several together. */
export interface Score {
  days: number
  found: Found[]
  /** Alerts that no flood accounts for, by severity. */
  stray: { info: number; warning: number; critical: number }
}

/** Runs a host and holds what is told against its labels. Throws where the alerts do not go together. */
export function scoreOf(host: Host): Score {
  check(host.labels, host.drain)
  const told = run(host)
  mustPair(told)
  const raised = told.filter(({ alert }) => alert['status'] === 'firing')
  const open = openTimes(told)
  const stray = { info: 0, warning: 0, critical: 0 }
  for (const { at, alert } of raised)
    if (!host.labels.some((label) => belongs(label, at, keyOf(alert))))
      stray[alert['severity'] as keyof typeof stray]++
  const found = host.labels.map((label) => {
    const mine = raised.filter(({ at, alert }) => belongs(label, at, keyOf(alert)))
    const wasOpen = open.some(
      ({ key, from, to }) => key === label.key && from < label.from && to > label.harmful,
    )
    const first = raised.find(({ at }) => at > label.from && at < label.to + AFTER_S)
    const start = mine[0]?.at
    const delay = wasOpen ? 0 : start === undefined ? null : Math.max(0, start - label.harmful)
    return {
      label,
      delay,
      attributed: wasOpen || (first !== undefined && keyOf(first.alert) === label.key),
      paged: mine.some(({ alert }) => alert['severity'] === 'critical'),
    }
  })
  return { days: host.seconds / 86_400, found, stray }
}

/** Several scores as one. */
export function together(scores: readonly Score[]): Score {
  const sum: Score = { days: 0, found: [], stray: { info: 0, warning: 0, critical: 0 } }
  for (const { days, found, stray } of scores) {
    sum.days += days
    sum.found.push(...found)
    for (const severity of ['info', 'warning', 'critical'] as const)
      sum.stray[severity] += stray[severity]
  }
  return sum
}

/** Of floods that take at least STRICT_SHARE of the drain. */
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

function openTimes(told: readonly Told[]): { key: string; from: number; to: number }[] {
  const times: { key: string; from: number; to: number }[] = []
  const since = new Map<string, number>()
  for (const { at, alert } of told) {
    const key = keyOf(alert)
    if (alert['type'] === 'flood.start') since.set(key, at)
    if (alert['type'] === 'flood.end') times.push({ key, from: since.get(key) ?? at, to: at })
  }
  return times
}
