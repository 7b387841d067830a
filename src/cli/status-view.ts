import { plain } from '../model/plain.ts'
import type { AlertStatus, WrittenStatus } from '../model/status.ts'
import { bytesText, countText, keyText, secondsText } from './figures.ts'
import type { Health } from './health.ts'
import { originLines } from './origins-view.ts'
import { rowHeading, rowLine, rowsOf, spanText } from './rates-view.ts'

/** Rows and alerts of the screen at most. */
const MOST_ROWS = 10
const MOST_ALERTS = 5
const SEVERITIES = ['critical', 'warning', 'info']

/**
 * How a service stands, on one screen with so many columns: lines without control characters, the verdict
 * first.
 */
export function statusLines(
  status: WrittenStatus,
  health: Health,
  now: number,
  columns: number,
): string[] {
  const { windows, alerts } = status
  const rows = rowsOf(status).slice(0, MOST_ROWS)
  const open = worstFirst(alerts.open).slice(0, MOST_ALERTS)
  return [
    `${plain(status.node)}: ${health.verdict}`,
    '',
    ...figureLines(status, now),
    line('rates', spanText(status)),
    ...(rows.length > 0 ? [rowHeading(columns)] : []),
    ...rows.map((row) => rowLine(row, windows.length > 1, columns)),
    ...originLines(status, rows[0]),
    line('alerts', `${alerts.open.length} open`),
    ...open.map(({ type, severity, starts_at, text }) =>
      plain(`  ${severity} ${type} since ${starts_at}: ${text}`),
    ),
  ]
}

/** Alerts with the worst first, and of these the newest. */
function worstFirst(open: readonly AlertStatus[]): AlertStatus[] {
  const rank = ({ severity }: AlertStatus): number => SEVERITIES.indexOf(severity)
  return open.toReversed().toSorted((a, b) => rank(a) - rank(b))
}

/** What a terminal with few rows has room for. */
export function briefLines(status: WrittenStatus): string[] {
  const { open } = status.alerts
  const [worst] = worstFirst(open)
  return [
    line('lag', lagText(status)),
    line('kernel', kernelText(status)),
    line('queue', queueText(status)),
    line('forecast', forecastText(status)),
    line('alerts', `${open.length} open${worst === undefined ? '' : `: ${worst.text}`}`),
  ]
}

/** Everything but rates and alerts. */
export function figureLines(status: WrittenStatus, now: number): string[] {
  const { pid, version, started, time, counts, spool } = status
  const age = secondsText(Math.max(0, now - Date.parse(time)) / 1000)
  const { events, entries, rejected, dropped_lines: dropped } = counts
  return [
    line('service', `process ${pid}, version ${version}, since ${started}, told ${age} ago`),
    line('lag', lagText(status)),
    line(
      'spool',
      `${spool.bytes === null ? 'unknown' : bytesText(spool.bytes)} ${limitText(spool)}`,
    ),
    line('sink', sinkText(status)),
    line('kernel', kernelText(status)),
    line('queue', queueText(status)),
    line('forecast', forecastText(status)),
    line(
      'counts',
      `${countText(events)} events of ${countText(entries)} entries, ${countText(rejected)} rejected, ${countText(dropped)} lines dropped by the shim`,
    ),
  ]
}

function line(name: string, text: string): string {
  return plain(`${name.padEnd(9)}${text}`)
}

function lagText({ analysis, delivery, parted }: WrittenStatus): string {
  const seconds = analysis.lag_s === null ? 'of unknown age' : secondsText(analysis.lag_s)
  const behind = `${bytesText(analysis.lag_bytes)}, ${seconds}`
  return parted ? `${behind}; delivery waits, ${bytesText(delivery.lag_bytes)} behind` : behind
}

function limitText({ directory, limit }: WrittenStatus['spool']): string {
  return `${limit === null ? '' : `of ${bytesText(limit)} `}in ${directory}`
}

function sinkText({ sink }: WrittenStatus): string {
  const {
    kind,
    connected,
    waiting = 0,
    delivered = 0,
    stalled_s: stalled = 0,
    error,
    outbox,
  } = sink
  if (connected === undefined) return kind
  return [
    `${kind}, ${connected ? 'connected' : 'not connected'}`,
    `${countText(waiting)} waiting`,
    `${countText(delivered)} delivered`,
    ...(stalled > 0 ? [`no acknowledgement for ${secondsText(stalled)}`] : []),
    ...(outbox === undefined || outbox === 0 ? [] : [`${countText(outbox)} in the outbox`]),
    ...(error === null || error === undefined ? [] : [`last error: ${error}`]),
  ].join(', ')
}

function kernelText({ kernel: { lost, backlog, backlog_limit: limit } }: WrittenStatus): string {
  if (lost === null && backlog === null) return 'no readings (spillway watch)'
  const known = (figure: number | null): string => (figure === null ? '?' : countText(figure))
  return `lost ${known(lost)}, backlog ${known(backlog)} of ${known(limit)}`
}

function queueText({ queue }: WrittenStatus): string {
  const { entries, entries_low: low, entries_high: high, limit, limit_read: read } = queue
  const drain =
    queue.drain_per_s === null
      ? 'drain not seen yet'
      : `drain ${countText(queue.drain_per_s)} a second`
  const room = `${countText(limit)}${read ? '' : ' (no reading tells the limit)'}`
  if (entries === null || low === null || high === null) return `nothing comes; ${drain}`
  return `about ${countText(entries)} of ${room}, ${countText(low)} to ${countText(high)}; ${drain}`
}

function forecastText({ queue, alerts }: WrittenStatus): string {
  const { overflow_s: seconds, limit } = queue
  if (seconds === null) return 'no overflow; a burst of under a second cannot be foreseen'
  const told = alerts.open.find(({ type }) => type === 'overflow.forecast')
  const [first] = (told?.evidence.shares ?? []) as readonly { readonly key: string }[]
  const who = first === undefined ? '' : `; key ${keyText(first.key)}`
  return seconds === 0
    ? `the backlog (${limit}) is full${who}`
    : `${countText(seconds)} s until the backlog (${limit}) overflows${who}`
}
