import { alertOf, type Finding, timeText } from '../../model/alert.ts'
import { type Author, authorText } from '../../model/author.ts'
import type { Message } from '../../model/delivery.ts'
import { type DeedsState, deedsEvidence, deedsText, opsText } from './deeds.ts'

/** Rules that the evidence lists of each kind, and characters of one in the text. */
const MOST_RULES = 50
const RULE_TEXT = 200

const DAY_MS = 86_400_000

/** The alert that auditing was switched off, and by whom where a record says so. */
export function auditDisabled(node: string, time: number, by: Author | null): Message {
  const who = by === null ? '' : ` by ${authorText(by)}`
  const text =
    `Auditing was switched off on ${node}${who} (enabled is 0): the kernel makes no more events ` +
    `until auditctl -e 1.`
  return alertOf({
    ...lasting(node, time),
    type: 'audit.disabled',
    severity: 'critical',
    subject: '',
    text,
    evidence: { by },
  })
}

/** The alert that auditing is on again; it was off since `from`. */
export function auditEnabled(node: string, from: number, time: number): Message {
  return alertOf({
    ...over(node, from, time),
    type: 'audit.disabled',
    severity: 'info',
    subject: '',
    text: `Auditing is on again on ${node}.`,
    evidence: { by: null },
  })
}

/** How auditd came to its end: it said so, it gave up, nobody said anything, or it never began. */
export type Ending = 'ended' | 'aborted' | 'killed' | 'missing'

/** What the alert that auditd has ended is made of. Times in ms since the epoch. */
export interface StopFigures {
  readonly node: string
  /** Since when it is not there, and when that was found. */
  readonly at: number
  readonly time: number
  readonly ending: Ending
  readonly by: Author | null
  readonly severity: 'warning' | 'critical'
}

/** The alert that auditd does not run. */
export function auditdStopped(figures: StopFigures): Message {
  const { node, at, time, ending, by, severity } = figures
  const who = by === null ? '' : ` by ${authorText(by)}`
  const how = {
    ended: `auditd on ${node} was told to end${who}`,
    aborted: `auditd on ${node} gave up and ended`,
    killed: `auditd on ${node} is gone and did not say so, since it was killed or has crashed`,
    missing: `auditd on ${node} has not run since ${timeText(at)}`,
  }[ending]
  const text = `${how}: records reach nobody until it is started (systemctl start auditd).`
  return alertOf({
    ...lasting(node, at),
    time,
    type: 'auditd.stopped',
    severity,
    subject: '',
    text: text[0].toUpperCase() + text.slice(1),
    evidence: { ending, by },
  })
}

/** The alert that auditd runs again; it was gone since `from`. */
export function auditdStarted(node: string, from: number, time: number): Message {
  return alertOf({
    ...over(node, from, time),
    type: 'auditd.stopped',
    severity: 'info',
    subject: '',
    text: `The auditd of ${node} runs again.`,
    evidence: { ending: null, by: null },
  })
}

/** What two listings of rules differ in. */
export interface Difference {
  readonly added: readonly string[]
  readonly gone: readonly string[]
  /** The same rules stand in another order, of which the first that matches counts. */
  readonly moved: boolean
  /** What differs is among those that were not listed. */
  readonly hidden: boolean
  /** Rules there are now. */
  readonly count: number
}

/** What the alert that rules have changed is made of. Times in ms since the epoch. */
export interface RulesFigures {
  readonly node: string
  readonly from: number
  readonly to: number
  /** What two listings differ in; null where nobody lists the rules. */
  readonly listed: Difference | null
  /** Who changed them by the records; null where none tells. */
  readonly deeds: DeedsState | null
}

/** The alert that the kernel's rules have changed. */
export function rulesChanged({ node, from, to, listed, deeds }: RulesFigures): Message {
  const who = deedsText(deeds)
  const { added = null, gone = null, moved = null, count = null } = listed ?? {}
  const isVoid = count === 0 && gone !== null && gone.length > 0
  const isSame = listed !== null && !listed.moved && !listed.hidden
  const isUntouched = isSame && added?.length === 0 && gone?.length === 0
  const advice =
    isUntouched || listed === null
      ? ''
      : '; if that was not planned, put them back (augenrules --load)'
  const text = `The audit rules of ${node} were changed${who}: ${whatText(listed, deeds)}${advice}.`
  return alertOf({
    ...over(node, from, to),
    type: 'rules.changed',
    severity: isVoid ? 'critical' : isUntouched ? 'info' : 'warning',
    subject: timeText(from),
    status: 'firing',
    text,
    evidence: {
      added: added?.slice(0, MOST_RULES) ?? null,
      gone: gone?.slice(0, MOST_RULES) ?? null,
      moved,
      more:
        Math.max(0, (added?.length ?? 0) - MOST_RULES) +
        Math.max(0, (gone?.length ?? 0) - MOST_RULES),
      count,
      ...deedsEvidence(deeds),
    },
  })
}

/** What is heard of a node: any record, or records that its kernel makes. */
export type Voice = 'all' | 'kernel'

/** The alert that a node is silent since `from` for longer than it ever was of late. Milliseconds. */
export function nodeSilent(
  node: string,
  from: number,
  time: number,
  { voice, quiet, longest }: { voice: Voice; quiet: number; longest: number },
): Message {
  const what = voice === 'all' ? 'No record has come' : 'No record of the kernel has come'
  const text =
    `${what} from ${node} since ${timeText(from)}, for ${durationText(quiet)}; of late it was silent for ` +
    `${durationText(longest)} at most: ` +
    (voice === 'all'
      ? 'see whether the host, its auditd and the way from it work.'
      : 'see whether its rules are there (auditctl -l) and auditing is on (auditctl -s).')
  return alertOf({
    ...lasting(node, from),
    time,
    type: 'node.silent',
    severity: 'warning',
    subject: voice,
    text,
    evidence: { records: voice, silent_s: seconds(quiet), longest_s: seconds(longest) },
  })
}

/** The alert that a node that was silent since `from` speaks again. */
export function nodeSpeaks(node: string, from: number, time: number, voice: Voice): Message {
  return missedNoMore(node, from, time, voice, `Records come again from ${node}.`)
}

/** The alert that a voice of a node that is silent since `from` is not missed any more. */
export function nodeGone(node: string, from: number, time: number, voice: Voice): Message {
  const days = Math.round((time - from) / DAY_MS)
  const text =
    voice === 'all'
      ? `Nothing has come from ${node} for ${days} days: it is taken to be out of service and missed no more.`
      : `No record of the kernel has come from ${node} for ${days} days: they are missed no more.`
  return missedNoMore(node, from, time, voice, text)
}

function missedNoMore(
  node: string,
  from: number,
  time: number,
  voice: Voice,
  text: string,
): Message {
  return alertOf({
    ...over(node, from, time),
    type: 'node.silent',
    severity: 'info',
    subject: voice,
    text,
    evidence: { records: voice, silent_s: seconds(time - from), longest_s: null },
  })
}

function whatText(listed: Difference | null, deeds: DeedsState | null): string {
  if (listed === null) {
    const keys =
      deeds === null || deeds.keys.length === 0 ? '' : ` with keys ${deeds.keys.join(', ')}`
    return `${opsText(deeds)}${keys}; see auditctl -l`
  }
  const { added, gone, moved, hidden, count } = listed
  const said = [
    ...(gone.length > 0 ? [`${gone.length} gone (${firstText(gone)})`] : []),
    ...(added.length > 0 ? [`${added.length} added (${firstText(added)})`] : []),
    ...(moved ? ['they stand in another order, of which the first that matches counts'] : []),
    ...(hidden ? ['among those that are too many to be listed'] : []),
  ]
  if (said.length === 0) return `they are now as they were before, ${count} in all`
  return `${said.join(', ')}, ${count} in all`
}

function firstText([first, ...others]: readonly string[]): string {
  const text = first.length > RULE_TEXT ? `${first.slice(0, RULE_TEXT)}…` : first
  return others.length === 0 ? text : `${text} and others`
}

function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 2) return 'a minute'
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}

/** What goes on since it was found. */
function lasting(
  node: string,
  time: number,
): Pick<Finding, 'node' | 'time' | 'status' | 'startsAt' | 'endsAt'> {
  return { node, time, status: 'firing', startsAt: time, endsAt: null }
}

/** What is over, or was over when it was found. */
function over(
  node: string,
  from: number,
  time: number,
): Pick<Finding, 'node' | 'time' | 'status' | 'startsAt' | 'endsAt'> {
  return { node, time, status: 'resolved', startsAt: from, endsAt: time }
}
