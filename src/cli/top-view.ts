import { plain } from '../model/plain.ts'
import type { WrittenStatus } from '../model/status.ts'
import { judge } from './health.ts'
import { ORIGIN_LINES, originLines } from './origins-view.ts'
import { type Row, rowHeading, rowLine, rowsOf, spanText } from './rates-view.ts'
import type { ScreenLine } from './screen.ts'
import { briefLines, figureLines } from './status-view.ts'

/** Rows of a terminal from which on there is room for all figures, for some, and for who makes a key. */
const TALL = 36
const USUAL = 20
const LOW = 14

/** A key of a node. */
export type Chosen = Pick<Row, 'node' | 'key'>

/** What a terminal has room for. */
export interface Room {
  readonly rows: number
  readonly columns: number
}

/**
 * What is on the screen at a time `now`, ms since the epoch.
 *
 * @param chosen - the key of which it is told who makes it; null for the busiest.
 */
export function topLines(
  status: WrittenStatus,
  now: number,
  chosen: Chosen | null,
  { rows: height, columns }: Room,
): ScreenLine[] {
  const rows = rowsOf(status)
  const at = chosenAt(rows, chosen)
  const figures = [
    ...(height >= TALL ? figureLines(status, now) : height >= USUAL ? briefLines(status) : []),
    ...(height >= LOW ? [`rates    ${spanText(status)}`, ''] : []),
  ]
  const origins = height >= LOW ? originLines(status, rows[at]) : []
  const below = height >= LOW ? 1 + ORIGIN_LINES : 0
  const shown = Math.max(1, height - figures.length - below - 2)
  // The chosen one stays in sight.
  const first = Math.max(0, at - shown + 1)
  return [
    head(`${plain(status.node)}: ${judge(status, now).verdict}`),
    ...figures.map(text),
    head(`${rowHeading(columns)} (↑↓ choose, q quits)`),
    ...rows.slice(first, first + shown).map((row, i) => ({
      text: mark(rowLine(row, status.windows.length > 1, columns), first + i === at),
      bold: row.flood === 'FLOOD',
    })),
    ...(origins.length > 0 ? ['', ...origins].map(text) : []),
  ]
}

/** The key that lies so many rows below the chosen one; null for the busiest, whichever that is by then. */
export function chosenBy(
  status: WrittenStatus,
  chosen: Chosen | null,
  rows: number,
): Chosen | null {
  const all = rowsOf(status)
  const at = Math.min(chosenAt(all, chosen) + rows, all.length - 1)
  if (at <= 0) return null
  const { node, key } = all[at]
  return { node, key }
}

function chosenAt(rows: readonly Row[], chosen: Chosen | null): number {
  const at = rows.findIndex(({ node, key }) => node === chosen?.node && key === chosen.key)
  return Math.max(0, at)
}

function mark(line: string, isChosen: boolean): string {
  return isChosen ? `>${line.slice(1)}` : line
}

function text(said: string): ScreenLine {
  return { text: said, bold: false }
}

function head(said: string): ScreenLine {
  return { text: said, bold: true }
}
