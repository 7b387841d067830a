import { afterEach, beforeAll, expect, test } from 'vitest'
import { DecodePool } from '../../src/pool/pool.ts'
import { Staff } from '../../src/pool/staff.ts'
import { bundleWorker } from './bundle.ts'
import { lineDecode } from './line-decode.ts'

const MIB = 1 << 20
let filename: string
let pool: DecodePool

beforeAll(async () => {
  filename = await bundleWorker('test/pool/worker.ts')
})
afterEach(() => pool.close())

function staff(workers: number | 'auto', cores: number): Staff {
  pool = new DecodePool({ inline: () => lineDecode, filename, workerData: null })
  return new Staff(pool, workers, cores)
}

test('workers start when the stream lags and go after a minute without', async () => {
  const auto = staff('auto', 3)
  await auto.look(16 * MIB, 1000)
  expect(pool.workers).toBe(0)
  await auto.look(17 * MIB, 2000)
  expect(pool.workers).toBe(2)
  await auto.look(0, 61_000)
  expect(pool.workers).toBe(2)
  await auto.look(17 * MIB, 61_500)
  await auto.look(0, 121_000)
  expect(pool.workers).toBe(2)
  await auto.look(0, 122_000)
  expect(pool.workers).toBe(0)
})

test('a fixed number of workers stays whatever the lag is', async () => {
  const fixed = staff(1, 8)
  expect(fixed.slots).toBe(4)
  await fixed.look(0, 0)
  expect(pool.workers).toBe(1)
  await fixed.look(0, 1e9)
  expect(pool.workers).toBe(1)
})

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [8, 7],
])('%i processors get %i workers', (cores, workers) => {
  expect(staff('auto', cores).most).toBe(workers)
})
