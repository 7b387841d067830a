import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { make } from './made.ts'
import { MIX } from './mix.ts'

const missing = ['ausearch', 'aureport'].filter((tool) => spawnSync(tool, ['-v']).error)
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(' and ')} not found; install auditd to compare with it`)

const folder = mkdtempSync(join(tmpdir(), 'spillway-generate-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** All lines in an order of their own; ausearch ends those without names with 0x1d. */
function recordsIn(text: string): string {
  const lines = text.split('\n').map((line) => (line.endsWith('\x1d') ? line.slice(0, -1) : line))
  return lines.toSorted().join('\n')
}

describe
  .skipIf(missing.length > 0)
  .each([
    { format: 'raw' },
    { format: 'enriched' },
    { format: 'raw', eoe: false, cpus: 8, interleave: 0.8 },
    { format: 'enriched', eoe: false, nodes: 3 },
    { format: 'enriched', startSerial: 4294966500 },
  ] satisfies Partial<GeneratorOptions>[])('the real tools, given %j', (options) => {
  const { bytes, truth } = make({ events: 1500, mix: MIX, ...options })
  const file = join(folder, 'audit.log')
  const run = (tool: string, ...args: string[]): string => {
    writeFileSync(file, bytes)
    return execFileSync(tool, ['-if', file, ...args], { encoding: 'latin1', maxBuffer: 1 << 28 })
  }

  test('find every event', () => {
    const found = /^Number of events: (\d+)$/m.exec(run('aureport', '--summary'))?.[1]
    expect(Number(found)).toBe(truth.events)
  })

  test('find every record', () => {
    expect(recordsIn(run('ausearch', '--raw'))).toEqual(recordsIn(bytes.toString('latin1')))
  })

  test('find every event of every key', () => {
    const found = Object.fromEntries(
      [...run('aureport', '--key', '--summary').matchAll(/^(\d+)  (\S+)$/gm)].map(
        ([, events, key]) => [key, Number(events)],
      ),
    )
    for (const [key, { events }] of Object.entries(truth.keys)) expect(found[key]).toBe(events)
  })
})
