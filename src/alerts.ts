import type { Message } from './model/delivery.ts'
import { formatPosition, type Position } from './model/place.ts'
import type { Trouble } from './pool/pool.ts'
import type { Notice } from './spool/notice.ts'

/** Version of these alerts. */
const VERSION = 1

/** The alert for what a reader found out about its spool. `now` in ms since the epoch. */
export function spoolAlert(notice: Notice, node: string, now: number): Message {
  const severity = notice.kind === 'waiting' ? 'warning' : 'critical'
  return { ...head(`spool.${notice.kind}`, node, severity, now), ...said(notice) }
}

/** The alert for records that became rejects because no decoder outlived them. */
export function poisonAlert({ bytes, reason }: Trouble, node: string, now: number): Message {
  const text = `${bytes} bytes became rejects instead of events: ${reason}.`
  return { ...head('decode.poison', node, 'critical', now), bytes, reason, text }
}

function head(type: string, node: string, severity: string, now: number): Message {
  return { type, v: VERSION, time: timeText(now), node, severity }
}

function said(notice: Notice): Message {
  if (notice.kind === 'waiting') {
    const { epoch, newer } = notice
    const text = `Shim ${newer} writes while shim ${epoch} still lives; ${epoch} is read to its end first.`
    return { epoch, newer, text }
  }
  if (notice.kind === 'died') {
    const at = positionText(notice.at)
    const text = `A shim ended at ${at} without saying so: what it held in memory is lost.`
    return { at, torn: notice.torn, text }
  }
  if (notice.kind === 'dropped') {
    const { bytes, lineFeeds: lines, firstMs, lastMs } = notice.gap
    const [from, to] = [timeText(firstMs), timeText(lastMs)]
    const text = `The shim dropped ${lines} lines (${bytes} bytes) from ${from} to ${to}: the spool had reached its limit, or could not be written.`
    return { at: positionText(notice.at), bytes, lines, from, to, text }
  }
  const [from, to] = [positionText(notice.from), positionText(notice.to)]
  const { bytes, lineFeeds: lines } = notice
  if (notice.kind === 'corrupt') {
    const kept = notice.file === null ? 'they could not be kept' : `they are kept in ${notice.file}`
    const text = `${bytes} bytes of the spool from ${from} to ${to} are no frame of the shim; ${kept}.`
    return { from, to, bytes, lines, file: notice.file, text }
  }
  const amount = lines === null ? 'what lay there' : `${lines} lines (${bytes} bytes)`
  const text = `Reading goes on at ${to} instead of ${from}: ${amount} was deleted before it was read, or another spool is in its place.`
  return { from, to, bytes, lines, text }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

function positionText({ epoch, place }: Position): string {
  return formatPosition(epoch, place)
}
