import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decode, eventsOf } from '../decode/decoded.ts'

/** Logs of other people, which lie beside the project and are none of its files. */

const FIXTURES = resolve(import.meta.dirname, '../../../shared/fixtures')

interface Fixture {
  readonly path: string
  readonly records: number
}

function listed(): Fixture[] {
  const [, ...rows] = readFileSync(join(FIXTURES, 'MANIFEST.tsv'), 'utf8').trimEnd().split('\n')
  return rows
    .map((row) => row.split('\t'))
    .map(([path, , , records]) => ({ path, records: Number(records) }))
    .filter(({ path }) => /\.(?:log|txt|avc|el\d+)$/.test(path))
}

const present = existsSync(join(FIXTURES, 'MANIFEST.tsv'))
if (!present)
  console.warn(`SKIPPED: ${FIXTURES} is not there, so no log of other people was decoded`)
const fixtures = present ? listed() : []

/** Lines that are no records and are not meant to be. */
const NO_RECORDS: readonly (readonly [line: RegExp, reason: string])[] = [
  [/^#/, 'a comment of whoever kept the file'],
  [/^----$/, 'what ausearch puts between events'],
  [/^time->/, 'what ausearch puts before an event'],
  [/^type=WRONGDATE msg=audit\(1337845201\): /, 'a stamp without milliseconds, made to be skipped'],
  [/^type=EMPTYDATE msg=audit\(\): /, 'no stamp, made to be skipped'],
  [/^type= msg=audit\(1337845333\.174:94984\): /, 'no type, made to be skipped'],
  [/^msg=audit\(1337845201\.174:94984\): /, 'no type at all, made to be skipped'],
]

describe.skipIf(!present)('the logs of other people', () => {
  it('are all there', () => {
    const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    expect(fixtures.length).toBeGreaterThan(100)
    for (const { path } of fixtures) expect(files).toContain(path)
  })

  it.each(fixtures)('$path is read whole', ({ path, records }) => {
    const { out, counts, rejects } = decode(readFileSync(join(FIXTURES, path)))
    const unexplained = rejects
      .map(({ bytes }) => bytes.toString())
      .filter((text) => !NO_RECORDS.some(([line]) => line.test(text)))
    expect(unexplained).toEqual([])
    // The manifest counts the line without a type.
    const untyped = rejects.filter(({ bytes }) => bytes.toString().startsWith('msg=audit(')).length
    expect(counts.records).toBe(records - untyped)
    const events = eventsOf(out)
    expect(events.length).toBeLessThanOrEqual(records)
    if (records > 0) expect(events.length).toBeGreaterThan(0)
  })
})
