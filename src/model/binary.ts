/**
 * audisp binary framing (`format = binary` in a plugin's configuration): before every record a
 * header of four u32 in host order, then the record without a line feed.
 *
 * ```
 * 0     4      8      12     16          16 + size            16 + 8970
 * │ ver │ hlen │ type │ size │ payload … │ padding (≤ 4.1.0) … │
 * ```
 *
 * `ver` 0: payload `audit(…): …` without type and node; 1: a whole `node=… type=… msg=audit(…): …`.
 * `hlen` is 16. auditd ≤ 4.1.0 always writes 8,970 bytes after the header, ≥ 4.1.1 exactly `size`
 * (audit-userspace: write_to_plugin in audisp/audispd.c). Either byte order is read: a header shows
 * its own by where the 16 of `hlen` stands.
 *
 * Where a header does not hold, nothing can be read before the next place at which a header and the
 * first letters of a payload stand together. The bytes between are cut, from their first one, into
 * stretches of MAX_BINARY_RECORD bytes; each is one reject, however the stream is cut into batches.
 */

/** Bytes of a binary header. */
export const BINARY_HEADER = 16

/** Payload bytes at most: MAX_AUDIT_MESSAGE_LENGTH in include/uapi/linux/audit.h. */
export const MAX_BINARY_PAYLOAD = 8970

/** Bytes of a padded record, and of one unreadable stretch at most. */
export const MAX_BINARY_RECORD: number = BINARY_HEADER + MAX_BINARY_PAYLOAD

/** What `nextBinary` found. */
export const Found = {
  /** A record. */
  Record: 0,
  /** An unreadable stretch: a reject. */
  Bad: 1,
  /** More bytes are needed to tell. */
  More: 2,
} as const
export type Found = (typeof Found)[keyof typeof Found]

/** Where `nextBinary` leaves what it found; one object serves a whole walk. */
export interface BinaryCursor {
  /** First byte of the payload, or of the unreadable stretch. */
  start: number
  /** Byte after it. */
  end: number
  /** Where the next record begins. */
  next: number
}

/** A cursor for `nextBinary`. */
export function createBinaryCursor(): BinaryCursor {
  return { start: 0, end: 0, next: 0 }
}

/** The payload size that the 16 bytes at `at` state, or -1 where they are no header. */
export function binarySize(bytes: Uint8Array, at: number): number {
  const little = bytes[at + 4] === BINARY_HEADER
  if (u32(bytes, at, little) > 1 || u32(bytes, at + 4, little) !== BINARY_HEADER) return -1
  const size = u32(bytes, at + 12, little)
  return size > MAX_BINARY_PAYLOAD ? -1 : size
}

/** The record type that the header at `at` states. */
export function binaryType(bytes: Uint8Array, at: number): number {
  return u32(bytes, at + 8, bytes[at + 4] === BINARY_HEADER)
}

/**
 * Reads the record or the unreadable stretch that begins at `at`, up to `end` (exclusive).
 *
 * @param padded - the payload always takes MAX_BINARY_PAYLOAD bytes.
 * @param whole - nothing follows `end`: the answer is never `More`, and a cut record is `Bad`.
 *   For a batch this is so: the framer cut it where the answer does not depend on what follows.
 */
export function nextBinary(
  cursor: BinaryCursor,
  bytes: Uint8Array,
  at: number,
  end: number,
  padded: boolean,
  whole: boolean,
): Found {
  if (at + BINARY_HEADER > end) return whole ? found(cursor, Found.Bad, at, end, end) : Found.More
  const size = binarySize(bytes, at)
  if (size < 0) return nextHeader(cursor, bytes, at, end, whole)
  const start = at + BINARY_HEADER
  const next = start + (padded ? MAX_BINARY_PAYLOAD : size)
  if (next <= end) return found(cursor, Found.Record, start, start + size, next)
  return whole ? found(cursor, Found.Bad, at, end, end) : Found.More
}

/** Bytes that must be seen to know that a record begins: a header and `audit(`. */
const PROOF = BINARY_HEADER + 6

function nextHeader(
  cursor: BinaryCursor,
  bytes: Uint8Array,
  at: number,
  end: number,
  whole: boolean,
): Found {
  const stop = at + MAX_BINARY_RECORD
  for (let i = at + 1; i < stop; i++) {
    if (i + PROOF > end) {
      if (!whole) return Found.More
      const cut = Math.min(stop, end)
      return found(cursor, Found.Bad, at, cut, cut)
    }
    if (bytes[i] <= 1 && binarySize(bytes, i) >= 0 && opensPayload(bytes, i + BINARY_HEADER))
      return found(cursor, Found.Bad, at, i, i)
  }
  return found(cursor, Found.Bad, at, stop, stop)
}

const OPENINGS: readonly Uint8Array[] = ['audit(', 'type=', 'node='].map((text) =>
  new TextEncoder().encode(text),
)

function opensPayload(bytes: Uint8Array, at: number): boolean {
  return OPENINGS.some((opening) => opening.every((byte, i) => bytes[at + i] === byte))
}

function found(cursor: BinaryCursor, what: Found, start: number, end: number, next: number): Found {
  cursor.start = start
  cursor.end = end
  cursor.next = next
  return what
}

function u32(bytes: Uint8Array, at: number, little: boolean): number {
  return (
    (little
      ? bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
      : bytes[at + 3] | (bytes[at + 2] << 8) | (bytes[at + 1] << 16) | (bytes[at] << 24)) >>> 0
  )
}
