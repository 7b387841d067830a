import { crc32 } from 'node:zlib'
import type { Outlet } from './outlet.ts'
import { comparePos, epochOf } from './position.ts'
import { type Given, linesOf } from './source.ts'

/** Longest EOE line: one that arrived for a torn event shows nowhere. */
const EOE_BYTES = 64
/** What a killed shim may hold: its ring, and the sockets on both sides of a write that was under way. */
const MEMORY_BYTES = (32 << 20) + (2 << 20)

/** What became of what one shim was given. Bytes. */
export interface EpochAccount {
  readonly epoch: number
  readonly killed: boolean
  readonly missing: number
  /** Said to be dropped or damaged, by alerts. */
  readonly announced: number
}

/** What a run delivered, held against what was written. */
export interface Account {
  readonly written: number
  readonly whole: number
  /** Events of which something is missing. */
  readonly torn: number
  /** Where the events that came, or pieces of them, begin: `EVENT.pos` by serial. */
  readonly present: ReadonlyMap<number, string>
  /** Serials of events of which nothing came as an event. */
  readonly absent: ReadonlySet<number>
  readonly repeated: number
  readonly epochs: readonly EpochAccount[]
  /** What must not be. Empty where the promises were kept. */
  readonly broken: readonly string[]
}

interface Event {
  readonly id: string
  readonly pos: string
  readonly serial: number
  readonly complete: boolean
  readonly raw: readonly string[]
}

interface Alert {
  readonly type: string
  readonly evidence: Hole
}

/** Where and how much is missing. */
interface Hole {
  readonly at?: string
  readonly from?: string
  readonly bytes?: number
}

/**
 * Holds what the sink has against what each shim was given. `ordered`: first deliveries come in
 * the order in which events close, which two services that write at a time cannot keep. That is the order of the
 * stream here, but for an event whose EOE a killed shim has taken with it: it closes by the quiet behind it, when
 * events of the next shim may have closed. There can be one such event a kill.
 */
export async function accountOf(
  given: readonly Given[],
  outlet: Outlet,
  ordered: boolean,
): Promise<Account> {
  const broken: string[] = []
  const whole = new Set<number>()
  const present = new Map<number, string>()
  /** Epochs that ended by a kill and whose last event may still come out of order. */
  const unfinished = new Set(given.flatMap(({ killed }, i) => (killed ? [i + 1] : [])))
  /** Checksum of each line by id and position. */
  const seen = new Map<string, number>()
  /** Bytes of torn events and rejects that did arrive, by epoch. */
  const pieces = new Map<number, number>()
  const add = (epoch: number, bytes: number): void => {
    pieces.set(epoch, (pieces.get(epoch) ?? 0) + bytes)
  }
  let repeated = 0
  let last = ''
  for await (const line of outlet.lines('events')) {
    const { EVENT: event } = JSON.parse(line) as { EVENT: Event }
    const key = `${event.id} ${event.pos}`
    const checksum = crc32(line)
    const before = seen.get(key)
    if (before !== undefined) {
      repeated++
      if (before !== checksum) broken.push(`${key} came twice and differs`)
      continue
    }
    seen.set(key, checksum)
    present.set(event.serial, event.pos)
    if (event.complete && isWhole(event)) {
      if (whole.has(event.serial)) broken.push(`${event.serial} is whole at two positions`)
      whole.add(event.serial)
      const isLate = last !== '' && comparePos(last, event.pos) >= 0
      if (!isLate) last = event.pos
      else if (ordered && !isLeftOpen(event.pos, last, unfinished))
        broken.push(`${event.pos} came after ${last}`)
    } else
      add(
        epochOf(event.pos),
        event.raw.reduce((sum, text) => sum + text.length + 1, 0),
      )
  }
  const rejects = new Set<string>()
  for await (const line of outlet.lines('rejects')) {
    if (rejects.has(line)) continue
    rejects.add(line)
    const { pos, bytes } = JSON.parse(line) as { pos: string; bytes: number }
    add(epochOf(pos), bytes)
  }
  const alerts = await uniqueAlerts(outlet)
  const epochs = given.map((shim, i): EpochAccount => {
    const epoch = i + 1
    const lost = missingOf(shim, whole)
    const said = alerts.filter(({ evidence }) => epochOf(placeOf(evidence)) === epoch)
    const announced = said
      .filter(({ type }) => type === 'spool.dropped' || type === 'spool.corrupt')
      .reduce((sum, { evidence }) => sum + (evidence.bytes ?? 0), 0)
    const missing = lost.bytes - (pieces.get(epoch) ?? 0)
    const slack = EOE_BYTES * lost.events + (shim.killed ? MEMORY_BYTES : 0)
    // What a shim dropped because it could not write, it cannot write either before it is killed.
    const untold = shim.killed && shim.starved
    if (!untold && missing > announced + slack)
      broken.push(`epoch ${epoch} lacks ${missing} bytes and ${announced} were announced`)
    if (shim.killed && !said.some(({ type }) => type === 'spool.died'))
      broken.push(`epoch ${epoch} ended by a kill and nobody says so`)
    return { epoch, killed: shim.killed, missing, announced }
  })
  const written = given.reduce((sum, { first, last: end }) => sum + end - first + 1, 0)
  const absent = new Set<number>()
  for (const { first, last: end } of given)
    for (let serial = first; serial <= end; serial++) if (!present.has(serial)) absent.add(serial)
  const torn = written - whole.size
  return { written, whole: whole.size, torn, present, absent, repeated, epochs, broken }
}

/** Whether `pos` is the one event of an epoch before that of `last` that its killed shim left open. */
function isLeftOpen(pos: string, last: string, unfinished: Set<number>): boolean {
  return epochOf(pos) < epochOf(last) && unfinished.delete(epochOf(pos))
}

/** Events that are written and not whole, and all their bytes. */
function missingOf(shim: Given, whole: ReadonlySet<number>): { events: number; bytes: number } {
  let events = 0
  let bytes = 0
  for (let serial = shim.first; serial <= shim.last; serial++) {
    if (whole.has(serial)) continue
    events++
    bytes += linesOf(serial).reduce((sum, line) => sum + line.length + 1, 0)
  }
  return { events, bytes }
}

function isWhole({ serial, raw }: Event): boolean {
  const lines = linesOf(serial)
  return raw.length >= lines.length - 1 && raw.every((line, i) => line === lines[i])
}

/** Alerts come at least once; those of the same place are the same. */
async function uniqueAlerts(outlet: Outlet): Promise<Alert[]> {
  const alerts = new Map<string, Alert>()
  for await (const line of outlet.lines('alerts')) {
    const alert = JSON.parse(line) as Alert
    if (!alert.type.startsWith('spool.')) continue
    alerts.set(`${alert.type} ${placeOf(alert.evidence)}`, alert)
  }
  return [...alerts.values()]
}

/** Position at which a hole begins. */
function placeOf({ at, from }: Hole): string {
  return at ?? from ?? ''
}
