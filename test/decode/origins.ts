import { type DecodeOptions, Decoder } from '../../src/decode/decoder.ts'
import { OriginFinder } from '../../src/decode/origins.ts'
import { Framer } from '../../src/frame/framer.ts'
import { type Batch, createBatch } from '../../src/model/batch.ts'
import type { Run } from '../../src/model/delivery.ts'
import { NO_USER, NOT_FOUND, readCall, USER_ROOM } from '../../src/model/origins.ts'
import { createResult, roomFor } from '../../src/model/result.ts'
import { Stitcher } from '../../src/stitch/stitcher.ts'

/** Who made an event, in words. */
export interface Origin {
  readonly keys: string
  readonly call: string
  readonly user: string
  readonly program: string
  readonly path: string
  readonly parent: number
}

/** The origin of each event of a stream, in closing order, cut into batches of so many bytes. */
export function originsOf(
  bytes: Uint8Array,
  options: Partial<DecodeOptions> = {},
  batchBytes: number = 1 << 20,
): Origin[] {
  const all: DecodeOptions = {
    format: 'native',
    host: null,
    raw: false,
    interpretedPrefix: '',
    origins: true,
    ...options,
  }
  const decoder = new Decoder(all)
  const stitcher = new Stitcher({ decoder: new Decoder(all), done: null })
  const finder = new OriginFinder()
  const found: Origin[] = []
  const emit = (batch: Batch): void => {
    const result = createResult(roomFor(batch.length))
    decoder.decode(batch, result)
    for (const run of stitcher.push(batch, result).runs) {
      finder.begin(run.batch, run.result)
      for (let at = run.from; at < run.to; at++) {
        const row = run.result.order[at]
        if (run.result.events.program[row] === NOT_FOUND) finder.take(row)
        found.push(originOf(run, row))
      }
    }
  }
  const framer = new Framer({ acquire: () => createBatch(), emit, batchBytes })
  framer.push({ kind: 'data', bytes, epoch: 0, boot: null, place: 0, clock: null })
  framer.end()
  return found
}

/** Share of a stream's events whose origin is found while they are decoded. */
export function atOnce(bytes: Buffer): number {
  const options = { format: 'native', host: null, raw: false, interpretedPrefix: '' } as const
  const decoder = new Decoder({ ...options, origins: true })
  let found = 0
  let all = 0
  const emit = (batch: Batch): void => {
    const result = createResult(roomFor(batch.length))
    decoder.decode(batch, result)
    const { count, program } = result.events
    found += program.subarray(0, count).filter((of) => of !== NOT_FOUND).length
    all += count
  }
  const framer = new Framer({ acquire: () => createBatch(), emit })
  framer.push({ kind: 'data', bytes, epoch: 0, boot: null, place: 0, clock: null })
  framer.end()
  return found / all
}

function originOf({ batch, result }: Run, row: number): Origin {
  const { events, texts, keySets } = result
  const user = events.user[row]
  const call = readCall(events.call[row])
  const text = (of: number): string =>
    Buffer.from(batch.bytes.slice(texts.start[of], texts.end[of])).toString('latin1')
  return {
    keys: keySets[events.keySet[row]],
    call: 'type' in call ? `type ${call.type}` : `${call.arch.toString(16)} ${call.number}`,
    user: user === NO_USER ? '' : user < NO_USER ? `auid ${user}` : `uid ${user - USER_ROOM}`,
    program: text(events.program[row]),
    path: text(events.path[row]),
    parent: events.parent[row],
  }
}
