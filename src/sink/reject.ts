import { isUtf8 } from 'node:buffer'
import { placeAt } from '../model/batch.ts'
import type { Block } from '../model/delivery.ts'
import { jsonText } from '../model/json.ts'
import { formatPosition } from '../model/place.ts'
import { REJECT_NAMES } from '../model/result.ts'

/** A line that is no record, as it is sent. Documented in docs/contracts.md. */
interface RejectMessage {
  /** Position of its first byte, as in `EVENT.pos`. */
  readonly pos: string
  readonly reason: string
  /** Always null: what did not parse names no node. */
  readonly node: null
  /** Its bytes as text where they are UTF-8, else `hex`. */
  readonly text?: string
  readonly hex?: string
  readonly bytes: number
}

/** A reject with the place of its first byte. */
export interface PlacedReject {
  readonly place: number
  /** The reject as JSON. */
  readonly text: string
}

/** The rejects of a block that were not delivered before. */
export function rejectsOf(block: Block): PlacedReject[] {
  const { rejectsFrom, batch, result } = block
  const rejects: PlacedReject[] = []
  for (let row = rejectsFrom; row < result.rejects.count; row++) {
    const start = result.rejects.start[row]
    const place = placeAt(batch, start)
    const pos = formatPosition(batch.epoch, place)
    const raw = batch.bytes.subarray(start, result.rejects.end[row])
    const text = rejectText(pos, REJECT_NAMES[result.rejects.reason[row]], raw)
    rejects.push({ place, text })
  }
  return rejects
}

/** The rejects of a block that were not delivered before, as NDJSON; null where there are none. */
export function encodeRejects(block: Block): Buffer | null {
  const lines = rejectsOf(block).map(({ text }) => `${text}\n`)
  return lines.length === 0 ? null : Buffer.from(lines.join(''))
}

/** The JSON of one reject. */
export function rejectText(pos: string, reason: string, bytes: Uint8Array): string {
  const raw = Buffer.from(bytes)
  const head = { pos, reason, node: null }
  const message: RejectMessage = isUtf8(raw)
    ? { ...head, text: raw.toString(), bytes: raw.length }
    : { ...head, hex: raw.toString('hex'), bytes: raw.length }
  return jsonText(message)
}
