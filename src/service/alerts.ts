import type { Hole } from '../analyse/stream/stream.ts'
import { alertOf, timeText } from '../model/alert.ts'
import type { Message } from '../model/delivery.ts'
import { formatPosition, type Position } from '../model/place.ts'
import type { Trouble } from '../pool/pool.ts'
import type { Notice } from '../spool/notice.ts'
import type { AlertBoard } from './alert-board.ts'
import type { Means } from './parts.ts'

/** What to do about what is missing. */
const REFILL = "spillway reconcile --output brings back what auditd's own log has"

/** Alerts that are not of analysis. */
const OF_SERVICE = /^(?:spool|kafka|outbox|decode)\./

/** What is said about a notice: which one of its kind it is, when it was, and what happened. */
interface Said {
  readonly subject: string
  readonly startsAt?: number
  readonly endsAt?: number
  readonly text: string
  readonly evidence: Message
}

/** The alert for what a reader found out about its spool. `now` in ms since the epoch. */
export function spoolAlert(notice: Notice, node: string, now: number): Message {
  const { startsAt = now, endsAt = now, ...said } = saidOf(notice)
  const isWaiting = notice.kind === 'waiting'
  return alertOf({
    type: `spool.${notice.kind}`,
    node,
    severity: isWaiting ? 'warning' : 'critical',
    time: now,
    status: 'firing',
    startsAt,
    endsAt,
    ...said,
  })
}

/** The alert for records that became rejects because no decoder outlived them. */
export function poisonAlert(trouble: Trouble, node: string, now: number): Message {
  const { bytes, reason } = trouble
  const at = trouble.at === null ? null : positionText(trouble.at)
  return alertOf({
    type: 'decode.poison',
    node,
    severity: 'critical',
    time: now,
    subject: at ?? '',
    status: 'firing',
    startsAt: now,
    endsAt: now,
    text: `${bytes} bytes became rejects instead of events, which ended their decoder (${reason}): please report it with them.`,
    evidence: { at, bytes, reason },
  })
}

/** What a notice says is missing in the stream, as far as it is known; null for nothing. */
export function holeOf(notice: Notice): Hole | null {
  if (notice.kind === 'waiting') return null
  const why = `spool.${notice.kind}`
  if (notice.kind === 'died') return { why, at: notice.at, lines: null, bytes: null }
  if (notice.kind === 'dropped') {
    const { bytes, lineFeeds: lines } = notice.gap
    return { why, at: notice.at, lines, bytes }
  }
  const { from: at, bytes, lineFeeds: lines } = notice
  return { why, at, lines, bytes }
}

/** Tells an alert: to the log at once, to the sink, and to whoever asks how it stands. */
export function tellAlert(
  alert: Message,
  { log, sink }: Pick<Means, 'log' | 'sink'>,
  board: AlertBoard,
): void {
  log.warn({ alert: alert['type'] }, String(alert['text']))
  sink.alert(alert)
  board.take(alert)
}

/** Withdraws what analysis has told and does not follow any more; what the service finds itself stays. */
export function withdrawAnalysis(board: AlertBoard): Message[] {
  const isAnalysis = (type: string): boolean => !OF_SERVICE.test(type)
  return board.withdraw(
    isAnalysis,
    'what was known of the stream cannot be gone on from',
    Date.now(),
  )
}

function saidOf(notice: Notice): Said {
  if (notice.kind === 'waiting') {
    const { epoch, newer } = notice
    const text = `Shim ${newer} writes while shim ${epoch} still lives; ${epoch} is read to its end first: where that lasts, see what hangs (pgrep -a spillway-shim).`
    return { subject: `${epoch}`, text, evidence: { epoch, newer } }
  }
  if (notice.kind === 'died') {
    const at = positionText(notice.at)
    const text = `A shim ended at ${at} without saying so, and what it held in memory is missing: ${REFILL}.`
    return { subject: at, text, evidence: { at, torn: notice.torn } }
  }
  if (notice.kind === 'dropped') {
    const { bytes, lineFeeds: lines, firstMs, lastMs } = notice.gap
    const at = positionText(notice.at)
    const [from, to] = [timeText(firstMs), timeText(lastMs)]
    const text = `The shim dropped ${lines} lines (${bytes} bytes) from ${from} to ${to}: the spool had reached its limit, or could not be written; ${REFILL}.`
    return { subject: at, startsAt: firstMs, endsAt: lastMs, text, evidence: { at, lines, bytes } }
  }
  const [from, to] = [positionText(notice.from), positionText(notice.to)]
  const { bytes, lineFeeds: lines } = notice
  const evidence = { from, to, lines, bytes }
  if (notice.kind === 'corrupt') {
    const { file } = notice
    const kept =
      file === null ? 'they could not be kept' : `what is left of them is kept in ${file}`
    const text = `${bytes} bytes of the spool from ${from} to ${to} are no frame of the shim; ${kept}: look for errors of the disk, and ${REFILL}.`
    return { subject: from, text, evidence: { ...evidence, file } }
  }
  const amount = lines === null ? 'what lay there' : `${lines} lines (${bytes} bytes)`
  const text = `Reading goes on at ${to} instead of ${from}: ${amount} was deleted before it was read, or another spool is in its place: ${REFILL}.`
  return { subject: from, text, evidence }
}

function positionText({ epoch, place }: Position): string {
  return formatPosition(epoch, place)
}
