import { beforeEach, expect, test } from 'vitest'
import { addMark, MarkKind } from '../../src/model/batch.ts'
import { DecodePool } from '../../src/pool/pool.ts'
import { Slot } from '../../src/pool/slot.ts'
import { Guard } from '../../src/service/guard.ts'
import type { Attempt } from '../../src/spool/checkpoint.ts'
import { bundleWorker } from '../pool/bundle.ts'
import { lineDecode } from '../pool/line-decode.ts'

/** What a start leaves behind: the attempt that is durable, and what became of the batch. */
interface Left {
  readonly attempt: Attempt | null
  readonly decoded: number
  readonly rejected: number
  readonly workers: number
}

let filename: string
beforeEach(async () => {
  filename = await bundleWorker('test/pool/worker.ts')
})

/** One start of a service whose first batch begins at `place`; the process ends in what comes after. */
async function start(last: Attempt | null, place: number): Promise<Left> {
  const pool = new DecodePool({ inline: () => lineDecode, filename, workerData: null })
  let attempt = last
  const guard = new Guard(pool, last, async () => {
    attempt = guard.attempt
  })
  const slot = Slot.create()
  slot.batch.bytes.set(Buffer.from('one\ntwo\n'))
  slot.batch.length = 8
  slot.batch.epoch = 1
  addMark(slot.batch, 0, 0, place, MarkKind.Clock)
  const [{ result }] = await guard.decode(slot)
  const left = { attempt, ...resultOf(result), workers: pool.workers }
  await pool.close()
  return left
}

const resultOf = (result: Slot['result']): { decoded: number; rejected: number } => ({
  decoded: result.counts.records,
  rejected: result.counts.rejected,
})

test('the first batch of a process is noted before it is decoded', async () => {
  const at = { epoch: 1, place: 700 }
  expect(await start(null, 700)).toEqual({
    attempt: { at, count: 1 },
    decoded: 2,
    rejected: 0,
    workers: 0,
  })
})

test('a batch that was under way before is decoded in a worker', async () => {
  const at = { epoch: 1, place: 700 }
  const left = await start({ at, count: 1 }, 700)
  expect(left).toEqual({ attempt: { at, count: 2 }, decoded: 2, rejected: 0, workers: 1 })
})

test('a batch that goes on ending the process after its decode becomes rejects', async () => {
  let left: Left | null = null
  let starts = 0
  do {
    left = await start(left?.attempt ?? null, 700)
    starts++
  } while (left.rejected === 0 && starts < 20)
  expect(left.rejected).toBe(2)
  expect(starts).toBeGreaterThan(3)
})

test('another batch starts with a clean slate', async () => {
  const left = await start({ at: { epoch: 1, place: 700 }, count: 5 }, 800)
  expect(left).toMatchObject({ attempt: { count: 1 }, decoded: 2 })
})

test('once the first batch is through there is nothing to note, and later ones are not noted', async () => {
  const pool = new DecodePool({ inline: () => lineDecode, filename, workerData: null })
  let notes = 0
  const guard = new Guard(pool, null, async () => {
    notes++
  })
  const slots = [Slot.create(), Slot.create()]
  for (const { batch } of slots) addMark(batch, 0, 0, 10, MarkKind.Clock)
  for (const slot of slots) await guard.decode(slot)
  guard.passed()
  expect(notes).toBe(1)
  expect(guard.attempt).toBeNull()
})
