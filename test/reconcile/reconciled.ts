import type { DecodeOptions } from '../../src/decode/decoder.ts'
import { Decoder } from '../../src/decode/decoder.ts'
import { Framer } from '../../src/frame/framer.ts'
import { type Batch, createBatch } from '../../src/model/batch.ts'
import type { Block } from '../../src/model/delivery.ts'
import { createResult, roomFor } from '../../src/model/result.ts'
import { Comparison } from '../../src/reconcile/comparison.ts'
import { Delivered } from '../../src/reconcile/delivered.ts'
import { readDelivered } from '../../src/reconcile/delivered-event.ts'
import type { Findings } from '../../src/reconcile/findings.ts'
import { Holes } from '../../src/reconcile/holes.ts'
import { eventBytes } from '../../src/sink/run.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'

/** Gives `take` the blocks of a log, decoded in one thread. */
export function eachBlock(log: Uint8Array, recovered: boolean, take: (block: Block) => void): void {
  const options: DecodeOptions = {
    format: 'native',
    host: 'h',
    raw: false,
    interpretedPrefix: '',
    ...(recovered ? { recoveredFrom: 'audit.log' } : {}),
  }
  const decoder = new Decoder(options)
  const stitcher = new Stitcher({ decoder: new Decoder(options), done: null })
  const emit = (batch: Batch): void => {
    const result = createResult(roomFor(batch.length))
    decoder.decode(batch, result)
    take(stitcher.push(batch, result))
  }
  const framer = new Framer({ acquire: () => createBatch(), emit, batchBytes: 1 << 18 })
  const head = { epoch: 0, boot: null, clock: null }
  for (let at = 0; at < log.length; at += 65_536)
    framer.push({ kind: 'data', ...head, place: at, bytes: log.subarray(at, at + 65_536) })
  framer.push({ kind: 'end', epoch: 0, place: log.length, close: true })
}

/** The events of a stream as the service delivers them, a line each; positions are those of epoch 1. */
export function delivered(stream: Uint8Array): string[] {
  return linesOf(stream, false).map((line) => line.replace('"pos":"0.0.', '"pos":"1.0.'))
}

function linesOf(stream: Uint8Array, recovered: boolean): string[] {
  const parts: Buffer[] = []
  eachBlock(stream, recovered, (block) => {
    for (const part of eventBytes(block)) parts.push(Buffer.from(part))
  })
  return Buffer.concat(parts).toString().split('\n').slice(0, -1)
}

/** What `reconcile` does: what it found, and what it brings back. */
export function reconciled(
  log: Uint8Array,
  events: readonly string[],
  alerts: readonly string[] = [],
  period: { since?: number; until?: number } = {},
): { findings: Findings; filled: string[] } {
  const known = new Delivered()
  for (const line of events) {
    const event = readDelivered(line)
    if (event === null) throw new Error(`no event: ${line}`)
    known.add(event)
  }
  const holes = new Holes()
  for (const line of alerts) holes.add(line)
  const { since = null, until = null } = period
  const comparison = new Comparison({
    delivered: known,
    holes: holes.all,
    serials: holes.serials,
    host: 'h',
    hostIsSaid: true,
    since,
    until,
  })
  eachBlock(log, true, (block) => comparison.accept(block))
  const findings = comparison.finish()
  const parts: Buffer[] = []
  eachBlock(log, true, (block) => {
    const picked = comparison.pick(block)
    if (picked !== null) for (const part of eventBytes(picked)) parts.push(Buffer.from(part))
  })
  return { findings, filled: Buffer.concat(parts).toString().split('\n').slice(0, -1) }
}
