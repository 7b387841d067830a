import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bag, decode, events, text } from './decoded.ts'

const CAPTURES = fileURLToPath(new URL('../captures', import.meta.url))

describe.each(['raw', 'enriched', 'enriched-node'])('the capture %s', (name) => {
  const log = join(CAPTURES, `${name}.log`)
  const string = join(CAPTURES, `${name}.string.gz`)
  const binary = join(CAPTURES, `${name}.binary.gz`)

  it('has the same events in both plugin formats', () => {
    const expected = events(string)
    expect(expected.length).toBeGreaterThan(50)
    expect(events(binary)).toEqual(expected)
  })

  it('gives every line of the log back unchanged, from each of the three', () => {
    const expected = bag(text(log))
    expect(bag(decode('--format', 'raw', log))).toEqual(expected)
    expect(bag(decode('--format', 'raw', string))).toEqual(expected)
    expect(bag(decode('--format', 'raw', binary))).toEqual(expected)
  })

  it('has whole events only', () => {
    expect(events(string).filter((event) => !event.EVENT.complete)).toEqual([])
  })
})
