import { type DecodeOptions, Decoder } from '../../src/decode/decoder.ts'
import { Framer } from '../../src/frame/framer.ts'
import { type Batch, createBatch } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import {
  addCounts,
  type Counts,
  createCounts,
  createResult,
  REJECT_NAMES,
  roomFor,
} from '../../src/model/result.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'
import { parseStrict } from './strict-json.ts'

/** A line that was no record. */
export interface Rejected {
  readonly reason: string
  readonly bytes: Buffer
}

/** All that came of a stream. */
export interface Decoded {
  /** Output, as it would be written. */
  readonly out: Buffer
  readonly counts: Counts
  readonly rejects: readonly Rejected[]
}

const OPTIONS: DecodeOptions = {
  format: 'native',
  host: null,
  raw: false,
  interpretedPrefix: '',
}

/** Takes a whole stream through framing, decoding and stitching, as `spillway decode` does. */
export function decode(bytes: Uint8Array, options: Partial<DecodeOptions> = {}): Decoded {
  const all = { ...OPTIONS, ...options }
  const decoder = new Decoder(all)
  const stitcher = new Stitcher({ decoder: new Decoder(all), done: null })
  const counts = createCounts()
  const out: Buffer[] = []
  const rejects: Rejected[] = []
  const emit = (batch: Batch): void => {
    const result = createResult(roomFor(batch.length))
    decoder.decode(batch, result)
    const block = stitcher.push(batch, result)
    addCounts(counts, block.counts)
    for (const { result: of, start, end } of block.runs)
      out.push(Buffer.from(of.out.slice(start, end)))
    rejects.push(...rejectsOf(block))
  }
  const framer = new Framer({ acquire: () => createBatch(), emit })
  framer.push({ kind: 'data', bytes, epoch: 0, boot: null, place: 0, clock: null })
  framer.end()
  return { out: Buffer.concat(out), counts, rejects }
}

function rejectsOf({ batch, result, rejectsFrom }: Block): Rejected[] {
  const { count, start, end, reason } = result.rejects
  return Array.from({ length: count - rejectsFrom }, (_, i) => ({
    reason: REJECT_NAMES[reason[rejectsFrom + i]],
    bytes: Buffer.from(batch.bytes.slice(start[rejectsFrom + i], end[rejectsFrom + i])),
  }))
}

/** The lines of an output, their line feeds not included. */
export function linesOf(out: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let at = 0; at < out.length; ) {
    const feed = out.indexOf(0x0a, at)
    const end = feed < 0 ? out.length : feed
    lines.push(out.subarray(at, end))
    at = end + 1
  }
  return lines
}

/** An event as far as tests name its members. */
export interface Event extends Readonly<Record<string, unknown>> {
  readonly ID: string
  readonly NODE?: string
  readonly EVENT: {
    readonly id: string
    readonly pos: string
    readonly serial: number
    readonly keys: readonly string[]
    readonly complete: boolean
    readonly reason?: string
    readonly missing?: readonly unknown[]
    readonly raw?: readonly string[]
  }
}

/** The events in an output; throws unless every line is strict JSON. */
export function eventsOf(out: Buffer): Event[] {
  return linesOf(out).map((line) => parseStrict(line) as Event)
}
