import { availableParallelism } from 'node:os'
import { InvalidArgumentError } from 'commander'
import { NAME } from '../config/setting.ts'
import type { WorkerSettings } from '../config/settings.ts'
import type { DecodeOptions } from '../decode/decoder.ts'
import type { Sink } from '../model/delivery.ts'
import type { Piece } from '../model/piece.ts'
import { createPool, createStitcher } from '../pipeline/decoders.ts'
import { Pipeline, type Progress } from '../pipeline/pipeline.ts'
import { sourceOf } from '../pipeline/source.ts'
import { Staff } from '../pool/staff.ts'
import { say } from './terminal.ts'

/** What a pump reads. */
export interface PumpInput {
  readonly open: () => AsyncIterable<Piece>
  /** Bytes there are, or null where that is not known. */
  readonly size: number | null
  /** It is written to as things happen. */
  readonly live: boolean
}

/** Takes logs through the pipeline into a sink, every event in order; settles when all is accepted. */
export async function pump(
  { open, size, live }: PumpInput,
  options: DecodeOptions,
  workers: WorkerSettings,
  sink: Sink,
): Promise<void> {
  const pool = createPool(options, ({ kind, bytes, reason }) => {
    if (kind === 'poison') say(`spillway: ${bytes} bytes are rejected: ${reason}`)
  })
  const staff = new Staff(pool, workers, availableParallelism())
  const start: Progress = { resume: { epoch: 0, place: 0 }, done: null }
  const pipeline = new Pipeline({
    open: () => sourceOf(open(), size),
    stitcher: (done) => createStitcher(options, done),
    pool,
    slots: staff.slots,
    replayable: false,
    live,
    isLast: (piece) => piece.kind === 'end',
    delivery: start,
    analysis: start,
    analyse: () => {},
    sink,
    onBatch: () => void staff.look(pipeline.lag, performance.now()),
  })
  try {
    await staff.look(size ?? 0, performance.now())
    await pipeline.run()
  } finally {
    await pool.close()
  }
}

/** The value of an option `--workers`. */
export function workersOf(text: string): WorkerSettings {
  const count = Number(text)
  if (text === 'auto') return 'auto'
  if (/^\d{1,3}$/.test(text) && count <= 256) return count
  throw new InvalidArgumentError('It must be auto or a whole number from 0 to 256.')
}

/** The value of an option `--node`, which is allowed what the setting is. */
export function nodeOf(text: string): string {
  if (NAME.test(text)) return text
  throw new InvalidArgumentError('It must be a name without spaces.')
}
