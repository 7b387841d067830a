import { endianness } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { GeneratorOptions } from '../../src/generate/options.ts'
import { RECORD_TYPES } from '../../src/tables/record-types.ts'
import { make, readLines } from './made.ts'

interface Frame {
  readonly version: number
  readonly type: number
  readonly text: string
  readonly padding: Buffer
}

/** Walks a binary stream; every byte belongs to a frame. */
function walk(bytes: Buffer, padded: boolean): Frame[] {
  const u32 = (at: number): number =>
    endianness() === 'LE' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
  const frames: Frame[] = []
  let at = 0
  while (at < bytes.length) {
    const [version, header, type, size] = [u32(at), u32(at + 4), u32(at + 8), u32(at + 12)]
    expect(header).toBe(16)
    expect(size).toBeLessThanOrEqual(8970)
    const text = bytes.toString('latin1', at + 16, at + 16 + size)
    const end = at + 16 + (padded ? 8970 : size)
    frames.push({ version, type, text, padding: bytes.subarray(at + 16 + size, end) })
    at = end
  }
  expect(at).toBe(bytes.length)
  return frames
}

const NUMBERS = new Map(RECORD_TYPES.map(([number, name]) => [name, number]))
const EVERYTHING: Partial<GeneratorOptions> = {
  events: 1500,
  interleave: 0.5,
  late: 0.05,
  repeat: 0.05,
}

describe.each(['binary', 'binary-padded'] as const)('%s frames', (framing) => {
  const padded = framing === 'binary-padded'

  test.each([
    { format: 'enriched', nodes: 0 },
    { format: 'enriched', nodes: 2 },
    { format: 'raw', nodes: 2 },
  ] as const)('carry the lines of the text stream as version 1 (%j)', (format) => {
    const { bytes, truth } = make({ ...EVERYTHING, ...format, framing })
    const frames = walk(bytes, padded)
    const lines = readLines(make({ ...EVERYTHING, ...format }).bytes)
    expect(frames.map((frame) => frame.text)).toEqual(lines.map((line) => line.text))
    expect(frames.map((frame) => frame.type)).toEqual(lines.map((line) => NUMBERS.get(line.type)))
    expect(new Set(frames.map((frame) => frame.version))).toEqual(new Set([1]))
    expect(truth.lines).toBe(frames.length)
    expect(truth.bytes).toBe(bytes.length)
  })

  test('carry the text from audit( on as version 0 where it is raw and names no node', () => {
    const options = { ...EVERYTHING, format: 'raw' } as const
    const frames = walk(make({ ...options, framing }).bytes, padded)
    const lines = readLines(make(options).bytes)
    expect(frames.map((frame) => frame.text)).toEqual(
      lines.map((line) => line.text.slice(line.text.indexOf('audit('))),
    )
    expect(new Set(frames.map((frame) => frame.version))).toEqual(new Set([0]))
  })

  test('hold odd records, but none that has no room and none that is no record', () => {
    const { bytes, truth } = make({ ...EVERYTHING, odd: 1, framing })
    for (const frame of walk(bytes, padded)) expect(frame.text).toContain('audit(')
    expect(truth.blank + truth.rejected).toBe(0)
  })
})

test("padding is what earlier records left in auditd's buffer", () => {
  const frames = walk(make({ events: 200, framing: 'binary-padded' }).bytes, true)
  expect(frames[0]?.padding.every((byte) => byte === 0)).toBe(true)
  for (let i = 1; i < frames.length; i++) {
    const before = frames[i - 1]
    const payload = Buffer.concat([Buffer.from(before.text, 'latin1'), before.padding])
    const at = frames[i]?.text.length ?? 0
    expect(frames[i]?.padding.equals(payload.subarray(at))).toBe(true)
  }
})
