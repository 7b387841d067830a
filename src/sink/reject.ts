import { isUtf8 } from 'node:buffer'
import { placeAt } from '../model/batch.ts'
import type { Block } from '../model/delivery.ts'
import { jsonText } from '../model/json.ts'
import { formatPosition } from '../model/place.ts'
import { REJECT_NAMES } from '../model/result.ts'

/** A line that is no record, as it is sent. Documented in docs/contracts.md. */
export interface RejectMessage {
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

/** The rejects of a block that were not delivered before, as NDJSON; null where there are none. */
export function encodeRejects(block: Block): Buffer | null {
  const { rejects } = block.result
  if (block.rejectsFrom >= rejects.count) return null
  let lines = ''
  for (let row = block.rejectsFrom; row < rejects.count; row++)
    lines += `${jsonText(rejectMessage(block, row))}\n`
  return Buffer.from(lines)
}

function rejectMessage({ batch, result }: Block, row: number): RejectMessage {
  const start = result.rejects.start[row]
  const raw = Buffer.from(batch.bytes.subarray(start, result.rejects.end[row]))
  const head = {
    pos: formatPosition(batch.epoch, placeAt(batch, start)),
    reason: REJECT_NAMES[result.rejects.reason[row]],
    node: null,
  }
  return isUtf8(raw)
    ? { ...head, text: raw.toString(), bytes: raw.length }
    : { ...head, hex: raw.toString('hex'), bytes: raw.length }
}
