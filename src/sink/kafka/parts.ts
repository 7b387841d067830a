import { formatPosition } from '../../model/place.ts'
import type { Header } from './client.ts'
import type { Outgoing } from './message.ts'

/**
 * Bytes that key, headers and librdkafka's own accounting of a message may take beside its value: a
 * node name is cut at 255 bytes by every writer, and the header `keys` at MAX_KEYS.
 */
export const HEAD_ROOM = 4096
/** Characters of rule keys that a header carries; longer lists stand in the event alone. */
export const MAX_KEYS = 512
/** The smallest limit that sending goes down to before it asks for help instead. */
export const MIN_LIMIT: number = 16 * 1024

/** A piece of a message's value, with its headers. */
export interface Part {
  readonly value: Buffer
  readonly headers: Header[]
}

/** Bytes of a value that is sent whole where messages have `limit` bytes at most. */
export function roomIn(limit: number): number {
  return limit - HEAD_ROOM
}

/**
 * The message in parts of at most `limit` bytes each. Their values put together in the order of the
 * header `part` (1 to `parts`) are the value; `id` and `pos` say what belongs together.
 */
export function partsOf(message: Outgoing, limit: number): Part[] {
  const { value, id, epoch, place } = message
  const room = roomIn(limit)
  const count = Math.ceil(value.length / room)
  const common: Header[] = [{ id }]
  if (epoch >= 0) common.push({ pos: formatPosition(epoch, place) })
  for (const header of message.headers ?? [])
    if (!('id' in header) && !('pos' in header)) common.push(header)
  return Array.from({ length: count }, (_, i) => ({
    value: value.subarray(i * room, (i + 1) * room),
    headers: [...common, { part: String(i + 1) }, { parts: String(count) }],
  }))
}
