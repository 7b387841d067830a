import { plain } from '../model/plain.ts'
import type { Verdict } from './audit.ts'
import type { Finding } from './finding.ts'
import type { HourRow } from './hours.ts'

const HEAD = [
  'node',
  'hour (UTC)',
  'heartbeats',
  'events',
  'missing',
  'back',
  'dropped lines',
  'lost',
  'rejected',
  'incomplete',
  'verdict',
]

/** A verdict for people: a row for each node and hour, then what is missing, one line each. */
export function tableOf({ complete, hours, findings, closed, notes }: Verdict): string {
  const rows = [HEAD, ...hours.map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const table = rows.map((row) =>
    row
      .map((cell, i) => aligned(cell, i, widths[i]))
      .join('  ')
      .trimEnd(),
  )
  const end = complete ? 'Nothing is missing.' : `What is missing (${findings.length}):`
  const said = [
    ...findings.map(lineOf),
    ...closed.map((one) => `filled: ${lineOf(one)}`),
    ...notes.map((note) => `note: ${lineOf(note)}`),
  ]
  return [...table, '', end, ...said].map((line) => `${plain(line)}\n`).join('')
}

function cellsOf(row: HourRow): string[] {
  return [
    row.node,
    row.hour.slice(0, 16),
    String(row.heartbeats),
    String(row.events),
    String(row.missing),
    String(row.recovered),
    String(row.dropped_lines),
    row.lost === null ? '-' : String(row.lost),
    String(row.rejected),
    String(row.incomplete),
    verdictOf(row),
  ]
}

function verdictOf({ complete, causes }: HourRow): string {
  if (complete === null) return 'not known'
  return complete ? 'complete' : causes.join(', ')
}

/** Words to the left, numbers to the right. */
function aligned(cell: string, column: number, width: number): string {
  const isNumber = column > 1 && column < HEAD.length - 1
  return isNumber ? cell.padStart(width) : cell.padEnd(width)
}

function lineOf({ node, from, to, cause, text }: Finding): string {
  return `${node ?? '-'}  ${from ?? '-'}  ${to ?? '-'}  ${cause}  ${text}`
}
