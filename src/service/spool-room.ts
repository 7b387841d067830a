import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { readOwn } from '../files/own.ts'
import { alertOf } from '../model/alert.ts'
import type { Message } from '../model/delivery.ts'
import { type Position, sequenceOf } from '../model/place.ts'
import {
  type Allowance,
  capacityOf,
  fillLevel,
  parseRoom,
  ROOM_BYTES,
  ROOM_FILE,
} from '../spool/room-line.ts'
import { usedBytes } from '../spool/sizes.ts'

const MEASURE_MS = 1000
/** The same while all that came is delivered: then it is the disk that fills, which others do. */
const CALM_MEASURE_MS = 5000

const FILLING = 'spool.filling'

/** Bytes of a spool on its disk; null where they cannot be seen, or no shim has said its limit. */
export interface Fill {
  readonly used: number | null
  readonly limit: number | null
}

/** Watches how full a spool is, and tells when it fills up. */
export class SpoolRoom {
  readonly #directory: string
  readonly #node: string
  readonly #alert: (alert: Message) => void
  #measuredAt = -Infinity
  #fill: Fill = { used: null, limit: null }
  #level = 0
  #since = 0

  /** `open` are alerts of before: one about this spool goes on, and is ended here. */
  constructor(
    directory: string,
    node: string,
    alert: (alert: Message) => void,
    open: readonly Message[] = [],
  ) {
    this.#directory = directory
    this.#node = node
    this.#alert = alert
    const before = open.find((told) => told['type'] === FILLING && told['node'] === node)
    if (before === undefined) return
    this.#level = before['severity'] === 'critical' ? 2 : 1
    this.#since = Date.parse(String(before['starts_at']))
  }

  /** It was half full and more, by what it could hold, when it was last looked at. */
  get isFilling(): boolean {
    return this.#level > 0
  }

  /** How full it is, at most a second ago, or five where nothing waits to be delivered (`calm`). */
  look(calm: boolean): Fill {
    const now = performance.now()
    if (now - this.#measuredAt < (calm ? CALM_MEASURE_MS : MEASURE_MS)) return this.#fill
    this.#measuredAt = now
    this.#fill = this.#measure()
    return this.#fill
  }

  /** What cannot be seen is null: who reads the spool says why. */
  #measure(): Fill {
    try {
      const used = usedBytes(this.#directory)
      const allowance = this.#allowance()
      if (allowance === null) return { used, limit: null }
      const { bavail, bsize } = statfsSync(this.#directory)
      this.#judge(used, capacityOf(allowance, used, bavail * bsize))
      return { used, limit: allowance.limit }
    } catch {
      return { used: null, limit: null }
    }
  }

  #allowance(): Allowance | null {
    const bytes = readOwn(join(this.#directory, ROOM_FILE), ROOM_BYTES)
    return bytes && parseRoom(bytes.toString('latin1'))
  }

  #judge(bytes: number, limit: number): void {
    const share = bytes / limit
    const level = fillLevel(share, this.#level)
    if (level === this.#level) return
    const now = Date.now()
    if (this.#level === 0) this.#since = now
    this.#level = level
    this.#alert(fillingAlert(this.#node, level, { bytes, limit, share }, this.#since, now))
  }
}

/** Whether a position alone keeps segments in a spool: all that is read on from others lies in later ones. */
export function isHolding(needed: Position | null, others: readonly Position[]): boolean {
  return (
    needed !== null &&
    others.every(
      ({ epoch, place }) =>
        epoch > needed.epoch ||
        (epoch === needed.epoch && sequenceOf(place) > sequenceOf(needed.place)),
    )
  )
}

/** The alert for a spool of a level (see `fillLevel`) that has been filling since a time, ms since the epoch. */
export function fillingAlert(
  node: string,
  level: number,
  { bytes, limit, share }: { bytes: number; limit: number; share: number },
  since: number,
  now: number,
): Message {
  const percent = Math.floor(share * 100)
  return alertOf({
    type: FILLING,
    node,
    severity: level > 1 ? 'critical' : 'warning',
    time: now,
    subject: '',
    status: level > 0 ? 'firing' : 'resolved',
    startsAt: since,
    endsAt: level > 0 ? null : now,
    text: `The spool holds ${bytes} bytes, ${percent} % of the ${limit} that it can${adviceOf(level)}`,
    evidence: { bytes, limit, share: Math.round(share * 1000) / 1000 },
  })
}

function adviceOf(level: number): string {
  return level > 0
    ? ': see what holds delivery up (spillway status), since a full spool drops records until there is room.'
    : ': there is room again.'
}
