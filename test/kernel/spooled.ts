/** What a spool holds, read by its format alone. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  compareSegments,
  decodeSegmentHeader,
  FRAME_HEADER,
  type FrameHeader,
  FrameType,
  isProven,
  parseSegmentName,
  readFrameHeader,
  SEGMENT_HEADER,
  segmentName,
} from '../../src/spool/format.ts'

/** A spool's bytes in order, and how many frames of each type. */
export interface Spooled {
  readonly data: Buffer
  readonly frames: Readonly<Record<FrameType, number>>
}

/** Reads every whole frame; throws at one that is not proven. An incomplete one ends its segment. */
export function spooled(dir: string): Spooled {
  const parts: Buffer[] = []
  const frames = {
    [FrameType.Data]: 0,
    [FrameType.Tick]: 0,
    [FrameType.Gap]: 0,
    [FrameType.End]: 0,
  }
  const segments = readdirSync(dir)
    .map((name) => parseSegmentName(name))
    .filter((id) => id !== null)
    .toSorted(compareSegments)
  for (const name of segments.map(segmentName)) {
    const bytes = readFileSync(join(dir, name))
    const header = decodeSegmentHeader(bytes)
    if (typeof header === 'string') throw new Error(`${name}: ${header}`)
    const frame: FrameHeader = {
      type: FrameType.Tick,
      length: 0,
      lineFeeds: 0,
      monotonicNs: 0,
      realtimeMs: 0,
    }
    for (let at = SEGMENT_HEADER; at + FRAME_HEADER <= bytes.length; ) {
      if (!readFrameHeader(bytes, at, frame)) throw new Error(`${name}: no frame at ${at}`)
      const end = at + FRAME_HEADER + frame.length
      if (end > bytes.length) break
      if (!isProven(bytes, at, frame.length, header.salt))
        throw new Error(`${name}: damaged at ${at}`)
      frames[frame.type]++
      if (frame.type === FrameType.Data) parts.push(bytes.subarray(at + FRAME_HEADER, end))
      at = end
    }
  }
  return { data: Buffer.concat(parts), frames }
}
