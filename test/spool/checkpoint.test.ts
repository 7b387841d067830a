import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeOf } from '../../src/model/place.ts'
import type { CheckpointState, Progress, SavedState } from '../../src/spool/checkpoint.ts'
import { Checkpoint, savedState } from '../../src/spool/checkpoint.ts'
import { parseReleased } from '../../src/spool/format.ts'
import { makeDirectory } from './fixture.ts'

let state: string
let remove: () => void
beforeEach(() => {
  const { path, remove: drop } = makeDirectory()
  state = join(path, 'state')
  remove = drop
})
afterEach(() => remove())

function progress(epoch: number, sequence: number): Progress {
  const place = placeOf(sequence, 200)
  return { resume: { epoch, place }, salt: 7, done: { epoch, place: place + 10, line: true } }
}

function stateAt(delivery: number, analysis: number = delivery): CheckpointState {
  return {
    delivery: progress(1, delivery),
    analysis: progress(1, analysis),
    windows: { rates: [1, 2, 3] },
    config: 'abc',
    closed: 0,
    attempt: { at: { epoch: 1, place: 5 }, count: 1 },
  }
}

function savedAt(delivery: number, analysis?: number): SavedState {
  return savedState(stateAt(delivery, analysis))
}

function released(): unknown {
  return parseReleased(readFileSync(join(state, 'released'), 'latin1'))
}

function failure(text: string): object {
  return { code: 5, message: expect.stringContaining(text) }
}

test('the first service finds nothing, and the directory is made', async () => {
  const checkpoint = await Checkpoint.open(state)
  expect([checkpoint.last, checkpoint.generation]).toEqual([null, 1])
  expect(existsSync(join(state, 'released'))).toBe(false)
})

test('the next service finds the last state, and counts one generation up', async () => {
  const first = await Checkpoint.open(state)
  for (let i = 0; i < 5; i++) await first.write(savedAt(i))
  const second = await Checkpoint.open(state)
  expect([second.last, second.generation]).toEqual([stateAt(4), 2])
  const third = await Checkpoint.open(state)
  expect([third.last, third.generation]).toEqual([stateAt(4), 3])
})

test('a slot that is cut short or flipped at any byte leaves the one before', async () => {
  const first = await Checkpoint.open(state)
  await first.write(savedAt(1))
  await first.write(savedAt(2))
  const slots = readdirSync(state).filter((name) => name.startsWith('checkpoint.'))
  expect(slots).toEqual(['checkpoint.a', 'checkpoint.b'])
  const newest = slots.find((name) => readFileSync(join(state, name)).includes('"count":3'))
  const path = join(state, newest ?? '')
  const other = join(state, slots.find((name) => name !== newest) ?? '')
  const [good, before] = [readFileSync(path), readFileSync(other)]
  const numbers = fc.tuple(fc.nat(good.length - 2), fc.nat(7), fc.boolean())
  await fc.assert(
    fc.asyncProperty(numbers, async ([byte, bit, isCut]) => {
      const bad = Buffer.from(good)
      bad[byte] ^= 1 << bit
      // A changed version digit is another version, which is not skipped.
      fc.pre(isCut || byte !== 'spillway-checkpoint '.length)
      writeFileSync(path, isCut ? good.subarray(0, byte) : bad)
      writeFileSync(other, before)
      expect((await Checkpoint.open(state)).last).toEqual(stateAt(1))
    }),
    { numRuns: 60 },
  )
})

test('both slots gone is a start from nothing', async () => {
  const first = await Checkpoint.open(state)
  await first.write(savedAt(1))
  for (const slot of ['a', 'b']) writeFileSync(join(state, `checkpoint.${slot}`), 'x')
  expect((await Checkpoint.open(state)).last).toBeNull()
})

test('a service that was replaced may not write, and changes nothing', async () => {
  const first = await Checkpoint.open(state)
  await first.write(savedAt(1))
  const second = await Checkpoint.open(state)
  await expect(first.write(savedAt(2))).rejects.toMatchObject({
    name: 'Failure',
    message: expect.stringContaining('another service has taken over'),
  })
  await second.write(savedAt(3))
  await expect(first.write(savedAt(4))).rejects.toThrow('another service')
  expect((await Checkpoint.open(state)).last).toEqual(stateAt(3))
})

test('of two services that start at once at most one goes on', async () => {
  const both = await Promise.all([Checkpoint.open(state), Checkpoint.open(state)])
  const writes = await Promise.allSettled(both.map((checkpoint) => checkpoint.write(savedAt(1))))
  const again = await Promise.allSettled(both.map((checkpoint) => checkpoint.write(savedAt(2))))
  const alive = [writes, again].map((set) => set.filter(({ status }) => status === 'fulfilled'))
  expect(alive[1].length).toBe(1)
})

test('writes that overlap are done one after the other', async () => {
  const first = await Checkpoint.open(state)
  await Promise.all([1, 2, 3, 4].map((at) => first.write(savedAt(at))))
  expect((await Checkpoint.open(state)).last).toEqual(stateAt(4))
})

describe('released', () => {
  test('is the first segment that either consumer needs', async () => {
    const checkpoint = await Checkpoint.open(state)
    await checkpoint.write(savedAt(3, 5))
    expect(released()).toEqual({ epoch: 1, sequence: 3 })
    await checkpoint.write(savedAt(9, 6))
    expect(released()).toEqual({ epoch: 1, sequence: 6 })
  })

  test('is not written while a consumer has not begun', async () => {
    const checkpoint = await Checkpoint.open(state)
    await checkpoint.write({ ...savedAt(3), analysis: null })
    expect(existsSync(join(state, 'released'))).toBe(false)
  })

  test('is never ahead of a durable checkpoint', async () => {
    const first = await Checkpoint.open(state)
    await first.write(savedAt(2))
    await Checkpoint.open(state)
    await expect(first.write(savedAt(8))).rejects.toThrow()
    expect(released()).toEqual({ epoch: 1, sequence: 2 })
  })
})

test('a checkpoint of an unknown version, and a place that cannot be used, are named in one line', async () => {
  const first = await Checkpoint.open(state)
  await first.write(savedAt(1))
  const slot = join(state, 'checkpoint.a')
  writeFileSync(slot, readFileSync(slot, 'latin1').replace('checkpoint 1', 'checkpoint 2'))
  await expect(Checkpoint.open(state)).rejects.toMatchObject(failure('of the unknown version 2'))
  const file = join(state, 'file')
  writeFileSync(file, '')
  await expect(Checkpoint.open(file)).rejects.toMatchObject(failure('cannot use the state'))
})
