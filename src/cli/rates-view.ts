import { ASSUMED_DRAIN } from '../analyse/floods/detector.ts'
import { plain } from '../model/plain.ts'
import type { AlertStatus, WindowsStatus, WrittenStatus } from '../model/status.ts'
import { countText, keyText } from './figures.ts'

/** A rule key of one node in the last seconds. */
export interface Row {
  readonly node: string
  readonly key: string
  readonly windows: WindowsStatus
  /** Of the entries of all nodes shown, over ten seconds, 0 to 1. */
  readonly share: number
  /** The same of the entries that can be drained, and whether these were measured. */
  readonly drain: number
  readonly drainMeasured: boolean
  /** What an open alert about its flood comes to; null where none is. */
  readonly flood: FloodMark | null
}

/**
 * `FLOOD` asks for a look. `flood` is too small to do harm; `usual` is what the key does every time, told
 * for its size.
 */
type FloodMark = 'FLOOD' | 'flood' | 'usual'

/** A column of the table, in terminals of `from` columns and more. */
interface Column {
  readonly head: string
  readonly from: number
  text(row: Row): string
}

const COLUMN_WIDTH = 7

const COLUMNS: readonly Column[] = [
  { head: '1 s', from: 60, text: ({ windows }) => rateText(windows['1s'].entries_per_s) },
  { head: '10 s', from: 0, text: ({ windows }) => rateText(windows['10s'].entries_per_s) },
  { head: '1 min', from: 60, text: ({ windows }) => rateText(windows['1m'].entries_per_s) },
  { head: '15 min', from: 70, text: ({ windows }) => rateText(windows['15m'].entries_per_s) },
  { head: 'peak', from: 40, text: ({ windows }) => rateText(windows['15m'].peak_entries_per_s) },
  { head: 'share', from: 70, text: ({ share }) => percentText(share) },
  {
    head: 'drain',
    from: 50,
    text: ({ drain, drainMeasured }) => `${drainMeasured ? '' : '~'}${percentText(drain)}`,
  },
]

/** The keys of all nodes, those with the most entries in the last ten seconds first. */
export function rowsOf({ windows, alerts, queue }: WrittenStatus): Row[] {
  const floods = new Map(
    alerts.open
      .filter(({ type }) => type.startsWith('flood.'))
      .map((alert) => [`${alert.node}\0${String(alert.evidence.key)}`, markOf(alert)]),
  )
  const all = windows.reduce((sum, { total }) => sum + total['10s'].entries_per_s, 0)
  const drained = queue.drain_per_s ?? ASSUMED_DRAIN
  const rows = windows.flatMap(({ node, keys }) =>
    keys.map(({ key, ...of }): Row => {
      const rate = of['10s'].entries_per_s
      return {
        node,
        key,
        windows: of,
        share: all === 0 ? 0 : rate / all,
        drain: rate / drained,
        drainMeasured: queue.drain_per_s !== null,
        flood: floods.get(`${node}\0${key}`) ?? null,
      }
    }),
  )
  const order = ({ windows: of }: Row): number => of['10s'].entries_per_s
  return rows.toSorted((a, b) => order(b) - order(a))
}

/** The heading over lines of rows, for a terminal with so many columns. */
export function rowHeading(columns: number): string {
  const heads = COLUMNS.filter(({ from }) => columns >= from).map(({ head }) => head)
  return `${cells(heads)}       key`
}

/** One row as a line; the node is named where there are several. */
export function rowLine(row: Row, named: boolean, columns: number): string {
  const { node, key, flood } = row
  const figures = COLUMNS.filter(({ from }) => columns >= from).map((column) => column.text(row))
  const name = named ? `${keyText(key)} (${plain(node)})` : keyText(key)
  return `${cells(figures)} ${flood ?? '     '} ${name}`
}

/** The second up to which the busiest node's rates are, and what they are shares of. */
export function spanText({ windows: [first], queue }: WrittenStatus): string {
  if (first === undefined) return 'none yet'
  const until = `entries/s up to ${plain(first.until.slice(11, 19))} UTC`
  const drained =
    queue.drain_per_s === null
      ? `~ of ${countText(ASSUMED_DRAIN)} (not measured yet)`
      : `share of ${countText(queue.drain_per_s)}`
  return `${until}; drain: ${drained}`
}

function markOf({ severity, evidence }: AlertStatus): FloodMark {
  if (severity !== 'info') return 'FLOOD'
  return evidence.why === 'share' ? 'usual' : 'flood'
}

function cells(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(COLUMN_WIDTH)).join('')
}

/** Things a second in six characters at most. */
function rateText(rate: number): string {
  if (rate >= 999_500) return `${(rate / 1e6).toFixed(1)}M`
  if (rate >= 99_999.5) return `${Math.round(rate / 1000)}k`
  return rate > 0 && rate < 9.95 ? rate.toFixed(1) : countText(rate)
}

function percentText(share: number): string {
  return `${share > 0 && share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`
}
