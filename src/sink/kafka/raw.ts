import { type Batch, Framing } from '../../model/batch.ts'
import { LF } from '../../model/bytes.ts'
import type { Result } from '../../model/result.ts'
import { EOE } from '../../tables/single.ts'
import { nameOfType } from '../../tables/type-name.ts'

/** `a`: what a binary payload without a type of its own begins with, as in `audit(…)`. */
const LETTER_A = 0x61
/** Bytes before such a payload at most: `type=`, the longest name, ` msg=`. */
const TYPE_BYTES = 48

/** Bytes that the lines of an event take at most. */
export function roomForLines({ events }: Result, row: number): number {
  return events.bytes[row] + events.records[row] * (TYPE_BYTES + 1)
}

/**
 * Writes the lines of an event as auditd's own log has them, untouched, a line feed between them and
 * none after; returns where they end. EOE is in no log.
 */
export function writeLines(
  batch: Batch,
  result: Result,
  row: number,
  to: Buffer,
  at: number,
): number {
  const { events, lines } = result
  const { bytes, framing } = batch
  let end = at
  for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
    const type = lines.type[line]
    if (type === EOE) continue
    if (end > at) to[end++] = LF
    const start = lines.start[line]
    if (framing !== Framing.Text && bytes[start] === LETTER_A)
      end += to.write(`type=${nameOfType(type)} msg=`, end)
    to.set(bytes.subarray(start, lines.end[line]), end)
    end += lines.end[line] - start
  }
  return end
}
