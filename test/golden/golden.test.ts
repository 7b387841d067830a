import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decode, eventsOf } from '../decode/decoded.ts'

/**
 * Records of real kernels, and odd ones, beside what the decoder makes of them: `CASE.log` and
 * `CASE.ndjson`, its events and then its rejects. `WRITE_GOLDEN=1` writes the expectations anew; read
 * them against the records before they are committed.
 */

const FOLDER = import.meta.dirname
const WRITE = process.env['WRITE_GOLDEN'] === '1'

const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.log'))
  .map((name) => name.slice(0, -'.log'.length))

/** Events as they are written, then a line for each reject. */
function outcome(log: Uint8Array): string {
  const { out, rejects } = decode(log, { host: 'web-01' })
  const rejected = rejects.map(({ reason, bytes }) => ({
    reason,
    bytes: bytes.length,
    latin1: bytes.toString('latin1'),
  }))
  return out.toString() + rejected.map((reject) => `${JSON.stringify(reject)}\n`).join('')
}

describe('records', () => {
  it.each(cases)('of the case %s become what was written down', (name) => {
    const found = outcome(readFileSync(join(FOLDER, `${name}.log`)))
    const path = join(FOLDER, `${name}.ndjson`)
    if (WRITE) writeFileSync(path, found)
    expect(found).toBe(existsSync(path) ? readFileSync(path, 'utf8') : 'an expectation')
  })

  it.each(cases)('of the case %s become strict JSON', (name) => {
    const log = readFileSync(join(FOLDER, `${name}.log`))
    expect(eventsOf(Buffer.from(outcome(log))).length).toBeGreaterThan(0)
  })

  it('and nothing else have an expectation', () => {
    const expected = readdirSync(FOLDER).filter((name) => name.endsWith('.ndjson'))
    expect(expected.toSorted()).toEqual(cases.map((name) => `${name}.ndjson`).toSorted())
  })
})
