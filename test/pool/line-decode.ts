import type { Batch } from '../../src/model/batch.ts'
import { Close, type Events, grown, growTable, type Result } from '../../src/model/result.ts'

const LF = 0x0a

/**
 * The least decoder there is: every line is an event of its own that closes at once, its output is
 * the line. A line that begins with `spill` is written a thousand times.
 */
export function lineDecode(batch: Batch, result: Result): void {
  const { lines, events, counts } = result
  counts.bytes += batch.length
  for (let start = 0; start < batch.length; ) {
    const found = batch.bytes.indexOf(LF, start)
    const end = found === -1 || found >= batch.length ? batch.length : found
    const line = lines.count++
    if (line >= lines.start.length) growTable(lines)
    lines.start[line] = start
    lines.end[line] = end
    lines.event[line] = line
    lines.next[line] = -1
    const copies = batch.bytes[start] === 0x73 ? 1000 : 1
    addEvent(events, line)
    if (line >= result.order.length) result.order = grown(result.order, line * 2)
    result.order[result.orderCount++] = line
    events.outStart[line] = result.outLength
    for (let copy = 0; copy < copies; copy++) write(batch.bytes.subarray(start, end), result)
    events.outEnd[line] = result.outLength
    counts.lines++
    counts.records++
    start = end + 1
  }
  result.keySets = ['', 'exec']
}

function addEvent(events: Events, line: number): void {
  if (line >= events.sec.length) growTable(events)
  events.count++
  events.first[line] = line
  events.last[line] = line
  events.close[line] = Close.Last
  events.closeLine[line] = line
  events.closeMark[line] = -1
}

function write(text: Uint8Array, result: Result): void {
  const need = result.outLength + text.length + 1
  if (need > result.out.length)
    result.out = grown(result.out, Math.max(need, result.out.length * 2))
  result.out.set(text, result.outLength)
  result.out[need - 1] = LF
  result.outLength = need
}
