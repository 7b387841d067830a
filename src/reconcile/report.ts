import { timeText } from '../model/alert.ts'
import { type Findings, type HoleFinding, lostIn, type SerialRange } from './findings.ts'
import type { Tally } from './tally.ts'

/** Ranges that a sentence names. */
const NAMED = 10

/** What was read and done, besides what was found. */
export interface Reading {
  /** Logs that were read, the oldest first. */
  readonly logs: readonly string[]
  /** Delivered events, each part once; how many came again; lines that are no events. */
  readonly delivered: number
  readonly repeated: number
  readonly unreadable: number
  /** Events that were brought back now. */
  readonly filled: number
}

/** Events that are missing, and between which stamps. */
interface Lost {
  readonly events: number
  readonly records: number
  /** Of these events a part was delivered. */
  readonly torn: number
  readonly from: string | null
  readonly to: string | null
}

/** Consecutive serials of a node. */
interface Range {
  readonly node: string
  readonly first: number
  readonly last: number
  readonly time: string
}

/** What `reconcile` prints, as one JSON object. Times in ISO 8601. */
export interface Report {
  readonly type: 'reconcile'
  readonly v: 1
  readonly logs: readonly string[]
  readonly delivered: {
    readonly events: number
    readonly repeated: number
    readonly unreadable: number
    /** Of nodes that the logs have nothing of. */
    readonly foreign: number
  }
  readonly nodes: readonly {
    readonly node: string
    readonly log: Lost
    /** In the log and not delivered, where nobody knows whether they were to come. */
    readonly outside: Lost
    /** Delivered and not in the log: older than it, younger, and among its events. */
    readonly rotated: number
    readonly later: number
    readonly absent: Lost
  }[]
  readonly holes: readonly {
    readonly type: string
    readonly at: string
    readonly since: string
    /** The logs reach from before it to after it. */
    readonly reached: boolean
    readonly announced: { readonly lines: number | null; readonly bytes: number | null }
    readonly lost: Lost
    /** Events that an earlier run brought back. */
    readonly recovered: number
    /** Serials that are in neither. */
    readonly neither: number
  }[]
  /** In no hole of the spool, but among the serials that `stream.gap` names. */
  readonly named: Lost & { readonly recovered: number }
  /** What no alert announced. */
  readonly silent: Lost & { readonly recovered: number; readonly ranges: readonly Range[] }
  /** Serials that are neither in the log nor among the delivered. */
  readonly neither: {
    readonly serials: number
    readonly ranges: readonly Range[]
  }
  readonly filled: number
  /** Events of the log that are still not delivered. */
  readonly missing: number
}

/** The report of a comparison. */
export function reportOf(findings: Findings, reading: Reading): Report {
  const { logs, delivered, repeated, unreadable, filled } = reading
  return {
    type: 'reconcile',
    v: 1,
    logs,
    delivered: { events: delivered, repeated, unreadable, foreign: findings.foreign },
    nodes: findings.nodes.map(({ node, all, outside, rotated, later, absent }) => ({
      node,
      log: lostOf(all),
      outside: lostOf(outside),
      rotated: rotated.events,
      later: later.events,
      absent: lostOf(absent),
    })),
    holes: findings.holes.map(holeOf),
    named: { ...lostOf(findings.named.lost), recovered: findings.named.recovered },
    silent: {
      ...lostOf(findings.silent.lost),
      recovered: findings.silent.recovered,
      ranges: findings.silentRanges.map(rangeOf),
    },
    neither: { serials: findings.missingSerials, ranges: findings.gaps.map(rangeOf) },
    filled,
    missing: lostIn(findings).events - filled,
  }
}

/** A report as a table and sentences, a line each. */
export function textOf(report: Report): string[] {
  const { delivered, logs, nodes, holes, named, silent, neither, filled, missing } = report
  const lines = [
    `delivered: ${delivered.events} events${also(delivered.repeated, 'that came again')}${also(delivered.unreadable, 'lines that are no events')}`,
    ...nodes.map(({ node, log }) => `log: ${log.events} events of ${node}${between(log)}`),
    `read: ${logs.join(' ')}`,
    '',
    row('hole', 'at', 'announced lines', 'in the log', 'back before', 'in neither'),
    ...holes.map((hole) =>
      row(
        hole.type,
        hole.at,
        String(hole.announced.lines ?? '?'),
        hole.reached || hole.lost.events > 0 ? String(hole.lost.events) : 'out of reach',
        String(hole.recovered),
        String(hole.neither),
      ),
    ),
    row('stream.gap', 'by serial', '', String(named.events), String(named.recovered), ''),
    row('not announced', '', '', String(silent.events), String(silent.recovered), ''),
    '',
  ]
  for (const { node, outside, absent } of nodes) {
    if (outside.events > 0)
      lines.push(
        `${outside.events} events of ${node} are in the log before the first delivered one or after the last, or outside of --since and --until: not judged`,
      )
    if (absent.events > 0)
      lines.push(
        `${absent.events} events of ${node} were delivered and are not in the log that should have them${between(absent)}`,
      )
  }
  if (neither.serials > 0)
    lines.push(
      `${neither.serials} serials are neither in the log nor delivered: ${rangesText(neither.ranges)}`,
    )
  if (silent.events > 0)
    lines.push(
      `LOST WITHOUT A WORD: ${silent.events} events are in the log, were not delivered, and no alert announced them: ${rangesText(silent.ranges)}`,
    )
  lines.push(
    filled > 0
      ? `${filled} events brought back, ${missing} still missing`
      : `${missing} events of the log are missing among the delivered`,
  )
  return lines
}

function rangesText(ranges: readonly Range[]): string {
  const told = ranges
    .slice(0, NAMED)
    .map(({ node, first, last }) => `${node} ${first === last ? first : `${first}-${last}`}`)
  return told.join(', ') + (ranges.length > told.length ? ', …' : '')
}

const WIDTHS = [16, 16, 17, 14, 13]

function row(...cells: string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join('')
    .trimEnd()
}

function also(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${what}`
}

function between({ from, to }: Lost): string {
  return from === null ? '' : `, ${from} to ${to}`
}

function lostOf({ events, records, torn, first, last }: Tally): Lost {
  const isEmpty = events === 0
  return {
    events,
    records,
    torn,
    from: isEmpty ? null : timeText(first),
    to: isEmpty ? null : timeText(last),
  }
}

function holeOf({ hole, lost, recovered, neither, reached }: HoleFinding): Report['holes'][number] {
  const { type, at, since, lines, bytes } = hole
  return {
    type,
    at,
    since,
    reached,
    announced: { lines, bytes },
    lost: lostOf(lost),
    recovered,
    neither,
  }
}

function rangeOf({ node, first, last, time }: SerialRange): Range {
  return { node, first, last, time: timeText(time) }
}
