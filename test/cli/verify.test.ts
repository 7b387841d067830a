import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { events, heartbeats } from '../verify/made.ts'
import { spillway } from './spillway.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-verify-'))
afterAll(() => rmSync(folder, { recursive: true }))

const textOf = (all: readonly unknown[]): string =>
  all.map((one) => `${JSON.stringify(one)}\n`).join('')

describe('spillway verify', () => {
  it('ends with 0 where nothing is missing, from a pipe', async () => {
    const { code, out, err } = await spillway(['verify', '-'], textOf(heartbeats(20)))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^web-01 .*complete$/m)
  })

  it('ends with 7 and names what is missing, from files, packed or not, in any order', async () => {
    const all = heartbeats(20).toSpliced(7, 2)
    const [first, second] = [join(folder, 'rates.ndjson.1'), join(folder, 'rates.ndjson')]
    writeFileSync(first, gzipSync(textOf(all.slice(0, 10))))
    writeFileSync(second, textOf(all.slice(10)))
    const { code, out, err } = await spillway(['verify', '--json', second, first])
    expect(code).toBe(7)
    expect(err).toBe('spillway: something is missing: 1 finding\n')
    expect(JSON.parse(out)).toMatchObject({
      complete: false,
      findings: [{ cause: 'heartbeat', node: 'web-01', count: 2, range: '71-90' }],
    })
  })

  it('holds events against them', async () => {
    const file = join(folder, 'events.ndjson')
    writeFileSync(file, textOf(events(5).toSpliced(33, 1)))
    const { code, out } = await spillway(['verify', '--events', file], textOf(heartbeats(5)))
    expect(code).toBe(7)
    expect(out).toContain('of 10 events that the heartbeat counts 1 are not in the files')
  })

  it('counts notes with --strict, and refuses a time that is none', async () => {
    const rates = textOf(heartbeats(3).map((one) => ({ ...one, rejected: 1 })))
    expect((await spillway(['verify'], rates)).code).toBe(0)
    expect((await spillway(['verify', '--strict'], rates)).code).toBe(7)
    expect((await spillway(['verify', '--from', 'monday'], rates)).code).toBe(2)
  })
})
