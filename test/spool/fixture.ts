import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Piece } from '../../src/model/piece.ts'
import { describeSelf } from '../../src/shim/self.ts'
import type { GapRecord, SegmentHeader } from '../../src/spool/format.ts'
import {
  encodeGap,
  encodeSegmentHeader,
  FRAME_HEADER,
  FrameType,
  GAP_PAYLOAD,
  sealFrame,
  segmentName,
} from '../../src/spool/format.ts'
import type { Notice } from '../../src/spool/notice.ts'
import type { SpoolReaderOptions } from '../../src/spool/reader.ts'
import { SpoolReader } from '../../src/spool/reader.ts'

const self = describeSelf()

/** Fields of a header that make its writer a process that is gone. */
export const GONE: Partial<SegmentHeader> = { started: self.started + 1 }
export const OTHER_BOOT: Partial<SegmentHeader> = { boot: '00000000-1111-2222-3333-444444444444' }

/** A fresh directory that goes away with `remove`. */
export function makeDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'spillway-spool-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes segments byte by byte as the format says, independently of the shim. */
export class FakeWriter {
  readonly directory: string
  readonly header: SegmentHeader
  sequence = -1
  length = 0
  bytes = 0
  lineFeeds = 0
  ns = 1_000_000_000

  constructor(directory: string, epoch: number, fields: Partial<SegmentHeader> = {}) {
    this.directory = directory
    this.header = {
      epoch,
      sequence: 0,
      salt: 0x5a17_0000 + epoch,
      ...self,
      realtimeMs: Date.now(),
      monotonicNs: 1,
      bytes: 0,
      lineFeeds: 0,
      previousLength: 0,
      ...fields,
    }
    this.rotate()
  }

  get path(): string {
    return join(this.directory, segmentName({ epoch: this.header.epoch, sequence: this.sequence }))
  }

  /** Starts the next segment; `valid` says how much of the last one holds. */
  rotate(valid: number = this.length): void {
    this.sequence++
    const { sequence, bytes, lineFeeds } = this
    const previousLength = sequence === 0 ? 0 : valid
    const header = { ...this.header, sequence, bytes, lineFeeds, previousLength }
    writeFileSync(this.path, encodeSegmentHeader(header))
    this.length = 128
  }

  frame(type: FrameType, payload: Buffer): Buffer {
    const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER), payload])
    const lineFeeds = type === FrameType.Data ? payload.filter((byte) => byte === 10).length : 0
    this.ns += 1_000_000
    const header = {
      type,
      length: payload.length,
      lineFeeds,
      monotonicNs: this.ns,
      realtimeMs: 1_795_331_090_516,
    }
    sealFrame(frame, header, this.header.salt)
    return frame
  }

  /** Appends a data frame; returns the offset of its header. */
  data(payload: string | Buffer): number {
    const bytes = Buffer.from(payload)
    const at = this.raw(this.frame(FrameType.Data, bytes))
    this.bytes += bytes.length
    this.lineFeeds += bytes.filter((byte) => byte === 10).length
    return at
  }

  tick(): number {
    return this.raw(this.frame(FrameType.Tick, Buffer.alloc(0)))
  }

  gap(gap: GapRecord): number {
    const payload = Buffer.alloc(GAP_PAYLOAD)
    encodeGap(gap, payload, 0)
    return this.raw(this.frame(FrameType.Gap, payload))
  }

  end(): number {
    return this.raw(this.frame(FrameType.End, Buffer.alloc(0)))
  }

  /** Appends any bytes. */
  raw(bytes: Buffer): number {
    appendFileSync(this.path, bytes)
    this.length += bytes.length
    return this.length - bytes.length
  }

  /** Takes bytes off the end. */
  cut(bytes: number): void {
    this.length -= bytes
    truncateSync(this.path, this.length)
  }
}

/** A piece whose bytes are the test's own. */
export type Kept = Exclude<Piece, { kind: 'data' }> | (Piece & { kind: 'data'; text: string })

/** A reader that collects what it gives. */
export class Collector {
  readonly notices: Notice[] = []
  readonly reader: SpoolReader
  readonly pieces: Kept[] = []

  constructor(spool: string, options: Partial<SpoolReaderOptions> = {}) {
    const notice = (found: Notice) => void this.notices.push(found)
    this.reader = new SpoolReader({ spool, notice, ...options })
  }

  /** Reads until nothing more comes at once; returns all pieces so far. */
  drain(): Kept[] {
    for (let piece = this.reader.next(); piece; piece = this.reader.next()) {
      const text = piece.kind === 'data' ? Buffer.from(piece.bytes).toString('latin1') : ''
      this.pieces.push(piece.kind === 'data' ? { ...piece, text } : piece)
    }
    return this.pieces
  }

  /** All data so far, with a mark for what is not data. */
  get text(): string {
    return this.pieces
      .map((piece) => (piece.kind === 'data' ? piece.text : `<${describe(piece)}>`))
      .join('')
  }
}

function describe(piece: Kept): string {
  return piece.kind === 'end' && piece.close ? 'end close' : piece.kind
}

/** All a spool holds at the moment, read by a reader of its own. */
export function spooled(spool: string): { text: string; notices: Notice[] } {
  const collector = new Collector(spool)
  collector.drain()
  collector.reader.close()
  return { text: collector.text, notices: collector.notices }
}

/**
 * Follows a spool through what was sent: each kept byte must be the one sent there, each gap as long
 * and with as many line feeds as it says.
 */
export function accountFor(sent: string, spool: string): { kept: number; dropped: number } {
  const collector = new Collector(spool)
  const pieces = collector.drain()
  const gaps = collector.notices.flatMap((found) => (found.kind === 'dropped' ? [found.gap] : []))
  let [at, kept, dropped] = [0, 0, 0]
  for (const piece of pieces) {
    if (piece.kind === 'data') {
      if (!sent.startsWith(piece.text, at)) throw new Error(`not what was sent at byte ${at}`)
      at += piece.text.length
      kept += piece.text.length
    } else if (piece.kind === 'gap') {
      const gap = gaps.shift()
      if (!gap) throw new Error('a gap that nothing tells of')
      const lost = sent.slice(at, at + gap.bytes)
      if (lost.split('\n').length - 1 !== gap.lineFeeds)
        throw new Error(`wrong count at byte ${at}`)
      at += gap.bytes
      dropped += gap.bytes
    }
  }
  collector.reader.close()
  return { kept, dropped }
}

/** Settles once something holds; rejects after 10 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
