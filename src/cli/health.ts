import { join } from 'node:path'
import { readOwn, whyNot } from '../files/own.ts'
import { codeOf, ExitCode, Failure } from '../model/failure.ts'
import { plain } from '../model/plain.ts'
import type { WrittenStatus } from '../model/status.ts'
import { STATUS_FILE } from '../service/status.ts'
import { secondsText } from './figures.ts'

/** The version of the status file that is read here. */
const VERSION = 1
/** Bytes of a status file at most; one has some KiB for each node. */
const MAX_BYTES: number = 64 << 20
/** Milliseconds without a new status after which a service counts as standing still; it writes each minute. */
const STILL_MS = 150_000

/** What a status comes to. */
export interface Health {
  readonly code: ExitCode
  /** One line without control characters. */
  readonly verdict: string
}

/**
 * The text of the status file in a state directory, as it is; null where there is none. A `Failure`
 * where it cannot be read.
 */
export function readStatusText(state: string): string | null {
  const path = join(state, STATUS_FILE)
  try {
    return readOwn(path, MAX_BYTES)?.toString() ?? null
  } catch (error) {
    const message = `cannot read ${path}: ${whyNot(error)}`
    throw new Failure(ExitCode.Input, message, { cause: error })
  }
}

/** The status in such a text. A `Failure` where it is none, or of a version that is not known. */
export function parseStatus(text: string): WrittenStatus {
  try {
    const status = JSON.parse(text) as WrittenStatus | null
    // A service that runs since before its program was replaced tells less.
    if (status?.v === VERSION) return { ...status, origins: status.origins ?? [] }
  } catch {
    // Says no more than the line below.
  }
  throw new Failure(ExitCode.Input, `${STATUS_FILE} is not one that this version reads`)
}

/** What is said where there is no status file. */
export function neverRan(state: string): Health {
  return { code: ExitCode.Down, verdict: `not running: no ${STATUS_FILE} in ${plain(state)}` }
}

/**
 * Judges a status at a time `now`, ms since the epoch: whether the service runs and moves, then what is
 * critical, then what is not as it should be.
 */
export function judge(status: WrittenStatus, now: number): Health {
  const { pid, stopped, parted, analysis, alerts, sink, spool, counts } = status
  const age = now - Date.parse(status.time)
  const down = (verdict: string): Health => ({ code: ExitCode.Down, verdict })
  if (stopped !== null) return down(`not running: stopped at ${plain(stopped)}`)
  if (!isProcess(pid)) return down(`not running: process ${pid} is gone and did not say why`)
  if (age > STILL_MS)
    return down(`standing still: process ${pid} has told nothing for ${secondsText(age / 1000)}`)
  const critical = alerts.open.filter(({ severity }) => severity === 'critical')
  if (critical.length > 0)
    return {
      code: ExitCode.Critical,
      verdict: `critical: ${critical.map(({ text }) => plain(text)).join(' ')}`,
    }
  const fine = (verdict: string): Health => ({ code: ExitCode.Ok, verdict })
  if (parted || sink.connected === false)
    return fine('running, but the sink takes nothing: what comes waits in the spool')
  // An info asks nobody to do anything.
  const open = alerts.open.filter(({ severity }) => severity !== 'info').length
  if (open > 0) return fine(`running, with ${open} ${open === 1 ? 'alert' : 'alerts'} open`)
  if (analysis.done === null && counts.entries === 0)
    return fine(`running; nothing has come yet, waiting for records in ${plain(spool.directory)}`)
  const lag = analysis.lag_s === null ? 'of unknown age' : `${secondsText(analysis.lag_s)} behind`
  return fine(analysis.lag_bytes === 0 ? 'fine' : `fine, ${lag}`)
}

/** There is such a process, whoever it belongs to. */
function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
