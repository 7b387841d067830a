import { Framing } from '../model/batch.ts'
import { createBinaryCursor, Found, nextBinary } from '../model/binary.ts'
import { endOfLines, isContinued, lineEnd, lineFrom, startOfLastLine } from './lines.ts'
import type { Marks } from './marks.ts'
import { stampOf } from './stamp.ts'

/** The bytes the framer holds, from the start of a record on. */
export interface Held {
  readonly bytes: Uint8Array
  readonly length: number
  readonly framing: Framing
  /** Byte 0 goes on with an over-long line. */
  readonly continued: boolean
  /** Nothing follows: text without LF at the end is a line. */
  readonly ended: boolean
}

/**
 * The byte after the last record that may be sent, 0 when there is none. Marks whose clock waits for
 * a record that is whole now get it; the last record stays while one inside it goes on waiting.
 */
export function sendable(held: Held, marks: Marks): number {
  return held.framing === Framing.Text ? sendableLines(held, marks) : sendableBinary(held, marks)
}

function sendableLines(held: Held, marks: Marks): number {
  const { bytes, length } = held
  let waiting = marks.firstUnknown()
  for (; waiting < marks.count; waiting++) {
    const start = lineFrom(bytes, length, marks.offset(waiting))
    if (start < 0 || start >= length) break
    let end = isContinued(bytes, start, held.continued) ? start : lineEnd(bytes, length, start)
    if (end < 0 && held.ended) end = length
    if (end < 0) break
    marks.learn(waiting, stampOf(bytes, start, end))
  }
  const cut = endOfLines(bytes, length)
  return waiting < marks.count && marks.offset(waiting) < cut ? startOfLastLine(bytes, cut) : cut
}

const cursor = createBinaryCursor()

function sendableBinary(held: Held, marks: Marks): number {
  const { bytes, length } = held
  const padded = held.framing === Framing.BinaryPadded
  let waiting = marks.firstUnknown()
  let last = 0
  let cut = 0
  for (;;) {
    const found = nextBinary(cursor, bytes, cut, length, padded, false)
    if (found === Found.More) break
    for (; waiting < marks.count && marks.offset(waiting) <= cut; waiting++)
      marks.learn(
        waiting,
        found === Found.Record ? stampOf(bytes, cursor.start, cursor.end) : Number.NaN,
      )
    last = cut
    cut = cursor.next
  }
  return waiting < marks.count && marks.offset(waiting) < cut ? last : cut
}
