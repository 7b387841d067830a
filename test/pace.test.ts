import { expect, test } from 'vitest'
import { Pace } from '../src/service/pace.ts'

test('a save is due at once after a pause, each second where much comes, every ten where little does', () => {
  const pace = new Pace()
  expect(pace.isDue(0)).toBe(false)
  pace.move(500)
  expect(pace.isDue(1000)).toBe(true)
  expect(pace.isDue(2000)).toBe(false)
  const due = []
  for (let now = 2000; now <= 22_000; now += 1000) {
    pace.move(500)
    if (pace.isDue(now)) due.push(now)
  }
  expect(due).toEqual([11_000, 21_000])
  pace.move(200_000)
  expect(pace.isDue(23_000)).toBe(true)
  pace.move(200_000)
  expect(pace.isDue(24_000)).toBe(true)
  pace.move(500)
  expect(pace.isDue(60_000)).toBe(true)
})

test('what is not saved yet is saved although nothing comes any more', () => {
  const pace = new Pace()
  pace.move(500)
  expect(pace.isDue(1000)).toBe(true)
  pace.move(500)
  expect([2000, 10_000, 11_000, 12_000].filter((now) => pace.isDue(now))).toEqual([11_000])
})
