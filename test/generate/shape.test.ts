import { describe, expect, test } from 'vitest'
import { DEFAULTS, type GeneratorOptions } from '../../src/generate/options.ts'
import { byEvent, keysOf, make, readLines } from './made.ts'

const START = DEFAULTS.start / 1000

/** Events per second of their stamps, all and those with the key `flood`. */
function rates(options: Partial<GeneratorOptions>): { all: number[]; flood: number[] } {
  const all: number[] = []
  const flood: number[] = []
  for (const event of byEvent(readLines(make(options).bytes)).values()) {
    const second = (event[0]?.second ?? 0) - START
    all[second] = (all[second] ?? 0) + 1
    if (keysOf(event).includes('flood')) flood[second] = (flood[second] ?? 0) + 1
  }
  return { all, flood }
}

describe('the rate by stamp', () => {
  test('is the same in every second of a steady stream', () => {
    expect(rates({ seconds: 5, rate: 123 }).all).toEqual([123, 123, 123, 123, 123])
  })

  test('keeps fractions: one event in four seconds', () => {
    const { all } = rates({ events: 3, rate: 0.25 })
    expect(Object.keys(all)).toEqual(['3', '7', '11'])
  })

  test('climbs to the full rate in a ramp', () => {
    expect(rates({ seconds: 5, rate: 100, shape: 'ramp' }).all).toEqual([20, 40, 60, 80, 100])
  })

  test('climbs for a minute in a ramp without an end', () => {
    expect(rates({ events: 30, rate: 60, shape: 'ramp' }).all.slice(0, 3)).toEqual([1, 2, 3])
  })

  test('is tenfold in one second of ten of a burst', () => {
    const { all } = rates({ seconds: 16, rate: 20, shape: 'burst' })
    expect(all.map((n) => n / 20)).toEqual([1, 1, 1, 1, 1, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10])
  })

  test('rises by the flood, from its beginning for as long as it lasts, all with its key', () => {
    const { all, flood } = rates({
      seconds: 7,
      rate: 50,
      shape: 'flood',
      floodFrom: 2,
      floodFor: 3,
      floodRate: 400,
    })
    expect(all).toEqual([50, 50, 450, 450, 450, 50, 50])
    expect(Array.from({ length: 7 }, (_, i) => flood[i] ?? 0)).toEqual([0, 0, 400, 400, 400, 0, 0])
  })

  test('is spread over the second', () => {
    const { bytes } = make({ seconds: 1, rate: 100, interleave: 0 })
    const stamps = [...byEvent(readLines(bytes)).keys()].map((id) => id.slice(12, 15))
    expect(stamps).toEqual(Array.from({ length: 100 }, (_, i) => String(i * 10).padStart(3, '0')))
  })
})

describe('a flood', () => {
  test('is of one program and one key, and told', () => {
    const { bytes, truth } = make({
      seconds: 4,
      rate: 20,
      shape: 'flood',
      floodFrom: 1,
      floodRate: 500,
      floodKey: 'tmp files',
    })
    const events = [...byEvent(readLines(bytes)).values()]
    const flood = events.filter((event) => keysOf(event).includes('tmp files'))
    expect(flood.length).toBe(1500)
    expect(truth.flood).toBe(1500)
    expect(truth.keys['tmp files']?.events).toBe(1500)
    expect(new Set(flood.map((event) => / exe=(\S+)/.exec(event[0]?.text ?? '')?.[1]))).toEqual(
      new Set(['"/usr/local/bin/backup-agent"']),
    )
  })
})
