/** What a bench found: a table for people, the same as data. */

/** One limit that was set and what came out. */
export interface Target {
  readonly what: string
  readonly value: number
  readonly limit: number
  /** Whether `value` may not be below or not above the limit. */
  readonly kind: 'at least' | 'at most'
}

/** The findings of one bench. */
export interface Report {
  readonly title: string
  /** How it was measured, one line each. */
  readonly notes: readonly string[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly targets: readonly Target[]
  /** Every single measurement, for `--json`. */
  readonly data: unknown
}

/** True when the target is met. */
export function isMet({ value, limit, kind }: Target): boolean {
  return kind === 'at least' ? value >= limit : value <= limit
}

/** A report as lines of text. */
export function printed({ title, notes, columns, rows, targets }: Report): string {
  const table = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...table.map((row) => (row[at] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
  return [
    '',
    title,
    ...notes.map((note) => `  ${note}`),
    '',
    ...table.map((row) => `  ${line(row)}`),
    '',
    ...targets.map(
      (target) =>
        `  ${isMet(target) ? 'met   ' : 'MISSED'}  ${target.what}: ${round(target.value)} (${target.kind} ${target.limit})`,
    ),
  ].join('\n')
}

/** Three significant digits, and no more than needed from 100 on. */
export function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

/** `median (least–most)` of some measurements. */
export function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return `${round(median(values))} (${round(sorted[0])}–${round(sorted[sorted.length - 1])})`
}

/** The value that the share `p` of all values does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)]
}

/** The middle value, of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >>> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}
