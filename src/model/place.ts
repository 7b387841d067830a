/**
 * Where a byte stands in the stream.
 *
 * A spool position is (epoch, sequence, byte): which writer process, which of its segments, which
 * byte of that file. Stages compare and store positions by the million, so within one epoch a
 * position is packed into one float64, the *place*: `sequence * 2^28 + byte`. A segment is rotated
 * at 16 MiB, so 28 bits hold any byte of it, and 2^25 sequences stay exact.
 *
 * Epoch 0 is a stream without a spool (files, a pipe): its place is the byte offset itself.
 */

const BYTE_ROOM = 2 ** 28

/** Epoch of a stream that has no spool. */
export const PLAIN_EPOCH = 0

/** A position in the whole stream. */
export interface Position {
  readonly epoch: number
  readonly place: number
}

/** Packs a segment's sequence number and a byte offset in its file into one place. */
export function placeOf(sequence: number, byte: number): number {
  return sequence * BYTE_ROOM + byte
}

/** The sequence number in a place of a spool epoch. */
export function sequenceOf(place: number): number {
  return Math.floor(place / BYTE_ROOM)
}

/** The byte offset in a place of a spool epoch. */
export function byteOf(place: number): number {
  return place % BYTE_ROOM
}

/** Negative, zero or positive as `a` lies before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.place - b.place
}

/** `epoch.sequence.byte`, the form in `EVENT.pos`. */
export function formatPosition(epoch: number, place: number): string {
  return epoch === PLAIN_EPOCH ? `0.0.${place}` : `${epoch}.${sequenceOf(place)}.${byteOf(place)}`
}

/**
 * When an event closed, as a number pair that orders closings: at a mark (`line` false) before the
 * line that starts there (`line` true). Everything that closes at or before `done` was delivered.
 */
export interface Closing extends Position {
  readonly line: boolean
}

/** Negative, zero or positive as `a` lies before, at or after `b`. */
export function compareClosings(a: Closing, b: Closing): number {
  return a.epoch - b.epoch || a.place - b.place || Number(a.line) - Number(b.line)
}
