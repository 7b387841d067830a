import { alertOf, type Finding, type Severity } from '../../model/alert.ts'
import type { Message } from '../../model/delivery.ts'
import { jsonText } from '../../model/json.ts'
import { perSecond, rounded } from '../counts/figures.ts'
import { OTHER } from '../counts/keys.ts'
import { type Culprits, culpritsText } from '../origins/culprits.ts'
import type { Drain } from './detector.ts'
import type { Why } from './flood.ts'

/** Why a flood is over: it was calm, it is usual by now, or the stream ended or its time began anew. */
export type Over = 'calm' | 'usual' | 'stream'

/** What a flood alert is made of. Sums are over the seconds of the flood so far. */
export interface FloodFigures {
  readonly node: string
  readonly key: string
  /** First second. */
  readonly from: number
  readonly seconds: number
  readonly events: number
  readonly entries: number
  /** Entries of all keys. */
  readonly all: number
  /** Most entries in one second, and most a second over three. */
  readonly peak: number
  readonly worst: number
  /** Mean of the entries a second before the flood, their usual peak, and what they had to exceed. */
  readonly level: number
  readonly usual: number
  readonly bar: number
  readonly why: Why
  readonly drain: Drain
  /** Who makes it; null where that is not known. */
  readonly origins: Culprits | null
}

/** The alert that a flood has begun. */
export function floodStart(flood: FloodFigures, severity: Severity): Message {
  const advice =
    flood.why === 'share'
      ? `about as usual for it; ${adviceOn(flood)} if it need not make so much`
      : `${adviceOn(flood)} before the kernel's backlog overflows`
  const text = `${rateOf(flood)}${whoOf(flood)}: ${advice}.`
  return alertOf({ ...finding(flood), type: 'flood.start', severity, text })
}

/** The alert that a flood is worse than was told. */
export function floodWorse(flood: FloodFigures, severity: Severity): Message {
  const text = `${rateOf(flood)}, after ${flood.seconds} s of flood${whoOf(flood)}: ${adviceOn(flood)} now.`
  return alertOf({ ...finding(flood), type: 'flood.worse', severity, text })
}

/** The alert that a flood is over. */
export function floodEnd(flood: FloodFigures, over: Over): Message {
  const { seconds, entries, peak, worst, drain } = flood
  const sums =
    `a flood of ${seconds} s with ${grouped(entries)} records, ${grouped(peak)} in its worst ` +
    `second and ${percent(worst, drain.perSecond)} % of what can be drained in its worst three`
  const found = finding(flood)
  const end = { status: 'resolved', endsAt: found.time } as const
  const isHabit = flood.why === 'share' && over === 'usual'
  const how = isHabit ? 'go on as they usually do, after' : ENDS[over]
  const text = `${named(flood)} on ${flood.node} ${how} ${sums}.`
  const evidence = { ...found.evidence, over }
  return alertOf({ ...found, ...end, type: 'flood.end', severity: 'info', text, evidence })
}

const ENDS: Readonly<Record<Over, string>> = {
  calm: 'are calm again after',
  usual: 'go on, and what they make is taken for usual from now on, after',
  stream: 'are not followed any further, since the stream or its time ended, after',
}

function rateOf({ drain, ...flood }: FloodFigures): string {
  const share = percent(flood.peak, drain.perSecond)
  const known = drain.measured ? '' : `, assumed to be ${grouped(drain.perSecond)}`
  return (
    `${named(flood)} on ${flood.node} make ${grouped(flood.peak)} records a second, usually ` +
    `${grouped(flood.level)} and at most ${grouped(flood.usual)}, ` +
    `${share} % of what can be drained${known}`
  )
}

/** Who makes most of it, or nothing. */
function whoOf({ origins }: FloodFigures): string {
  const text = origins === null ? '' : culpritsText(origins)
  return text === '' ? '' : `, by ${text}`
}

function adviceOn({ key }: FloodFigures): string {
  if (key === '') return 'find the record types and programs that make them and exclude those'
  if (key === OTHER) return 'too many keys are in use to tell which; see to those'
  return `narrow its rules (auditctl -l -k ${shellWord(key)})`
}

function finding(flood: FloodFigures): Omit<Finding, 'type' | 'severity' | 'text'> {
  const { node, key, from, seconds, events, entries, all, peak, worst, drain } = flood
  return {
    node,
    time: (from + seconds) * 1000,
    subject: key,
    status: 'firing',
    startsAt: from * 1000,
    endsAt: null,
    evidence: {
      key,
      events_per_s: perSecond(events, seconds),
      entries_per_s: perSecond(entries, seconds),
      peak_entries_per_s: peak,
      worst_entries_per_s: rounded(worst),
      share: rounded(entries / all),
      usual_per_s: rounded(flood.level),
      usual_peak_per_s: rounded(flood.usual),
      bar_per_s: rounded(flood.bar),
      why: flood.why,
      drain_per_s: rounded(drain.perSecond),
      drain_measured: drain.measured,
      drain_share: rounded(peak / drain.perSecond),
      seconds,
      events,
      entries,
      origins: flood.origins,
    },
  }
}

/** A whole number with a comma between thousands. */
function grouped(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

function named({ key }: { readonly key: string }): string {
  if (key === '') return 'Events without a rule key'
  if (key === OTHER) return 'Events of rarer rule keys'
  return `Events with rule key ${jsonText(key)}`
}

function percent(part: number, whole: number): number {
  return Math.round((100 * part) / whole)
}

/** A word as a shell takes it: keys may hold anything. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
