import { PLAIN_EPOCH, type Position, placeOf } from '../model/place.ts'

/** What is kept of an event that was delivered. */
export interface DeliveredEvent {
  /** As it stands before the stamp in `EVENT.id`. */
  readonly node: string
  /** Of auditd itself, whose serials are a space of their own. */
  readonly daemon: boolean
  /** Its stamp, in ms since the epoch. */
  readonly time: number
  readonly serial: number
  readonly at: Position
  /** Records it holds; those of one EXECVE count as its first alone, since they are one member. */
  readonly records: number
  /** It announces records or arguments that it does not have. */
  readonly lacking: boolean
  /** It came from a log and not from the stream. */
  readonly recovered: boolean
}

interface Envelope {
  readonly id?: unknown
  readonly pos?: unknown
  readonly missing?: unknown
  readonly recovered?: unknown
}

const ID = /^(.*):(\d{1,11})\.(\d{3}):(d?)(\d{1,10})$/s
const POSITION = /^(\d+)\.(\d+)\.(\d+)$/
/** Members of an event that are no record types. */
const NO_TYPES = new Set(['ID', 'NODE', 'EVENT'])

/** Reads one line of events as `run` delivers them in the format `native`; null for anything else. */
export function readDelivered(line: string): DeliveredEvent | null {
  const event = objectIn(line)
  if (event === null || typeof event['EVENT'] !== 'object' || event['EVENT'] === null) return null
  const { id, pos, missing, recovered } = event['EVENT'] as Envelope
  const stamp = typeof id === 'string' ? ID.exec(id) : null
  const at = typeof pos === 'string' ? readPosition(pos) : null
  if (stamp === null || at === null) return null
  const [, node, seconds, ms, daemon, serial] = stamp
  return {
    node,
    daemon: daemon !== '',
    time: Number(seconds) * 1000 + Number(ms),
    serial: Number(serial),
    at,
    records: recordsIn(event),
    lacking: missing !== undefined,
    recovered: recovered === true,
  }
}

/** Reads a position as `EVENT.pos` and alerts have it; null where it is none. */
export function readPosition(text: string): Position | null {
  const match = POSITION.exec(text)
  if (match === null) return null
  const [epoch, sequence, byte] = match.slice(1).map(Number)
  return { epoch, place: epoch === PLAIN_EPOCH ? byte : placeOf(sequence, byte) }
}

/** The JSON object in a line, or null. */
export function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function recordsIn(event: Record<string, unknown>): number {
  let records = 0
  for (const [name, value] of Object.entries(event)) {
    if (NO_TYPES.has(name)) continue
    if (Array.isArray(value)) records += value.length
    else if (!name.startsWith('EXECVE') || hasArgc(value)) records++
  }
  return records
}

function hasArgc(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'argc' in value
}
