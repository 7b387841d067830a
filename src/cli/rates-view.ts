import { plain } from '../model/plain.ts'
import type { RatesStatus, WrittenStatus } from '../model/status.ts'
import { countText, keyText } from './figures.ts'

/** A rule key of one node in its last interval. */
export interface Row {
  readonly node: string
  readonly key: string
  readonly records: number
  /** Of all records of all nodes shown, 0 to 1. */
  readonly share: number
  readonly perSecond: number
  readonly peak: number
  readonly bytesPerSecond: number
  /** An alert about its flood is open. */
  readonly floods: boolean
}

/** The keys of all nodes, those with the most records a second first. */
export function rowsOf({ rates, alerts }: WrittenStatus): Row[] {
  const flooding = new Set(
    alerts.open
      .filter(({ type }) => type.startsWith('flood.'))
      .map(({ node, evidence }) => `${node}\0${String(evidence.key)}`),
  )
  const all = rates.reduce((sum, { total }) => sum + total.records_per_s, 0)
  const rows = rates.flatMap(({ node, keys }) =>
    keys.map(
      (of): Row => ({
        node,
        key: of.key,
        records: of.records,
        share: all === 0 ? 0 : of.records_per_s / all,
        perSecond: of.records_per_s,
        peak: of.peak_records_per_s,
        bytesPerSecond: of.bytes_per_s,
        floods: flooding.has(`${node}\0${of.key}`),
      }),
    ),
  )
  return rows.toSorted((a, b) => b.perSecond - a.perSecond)
}

/** The heading over lines of rows. */
export const ROW_HEADING = ' records/s    share     peak/s         B/s        key'

/** One row as a line; the node is named where there are several. */
export function rowLine(row: Row, named: boolean): string {
  const { node, key, share, perSecond, peak, bytesPerSecond, floods } = row
  const figures = [
    countText(perSecond).padStart(10),
    `${(share * 100).toFixed(1)} %`.padStart(9),
    countText(peak).padStart(11),
    countText(bytesPerSecond).padStart(12),
  ]
  const name = named ? `${keyText(key)} (${plain(node)})` : keyText(key)
  return `${figures.join('')}  ${floods ? 'FLOOD' : '     '} ${name}`
}

/** The time that the newest interval covers. */
export function spanText(rates: readonly RatesStatus[]): string {
  const last = rates.at(-1)
  return last === undefined ? 'none yet' : `${plain(last.from)} to ${plain(last.to.slice(11))}`
}
