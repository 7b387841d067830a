import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Parser } from '../../src/receive/parser.ts'
import { MAX_TEXT } from '../../src/receive/wire.ts'
import { heartbeat, message } from './wire.ts'

interface Heard {
  readonly records: { text: string; sequence: number | null }[]
  readonly heartbeats: number[]
  wrong: string | null
  /** Bytes that were held when it was over. */
  held: number
}

/** What a parser makes of these chunks. */
function hear(chunks: readonly Uint8Array[], end = false): Heard {
  const heard: Heard = { records: [], heartbeats: [], wrong: null, held: 0 }
  const parser = new Parser({
    record: (text, sequence) => heard.records.push({ text: text.toString('latin1'), sequence }),
    heartbeat: (sequence) => heard.heartbeats.push(sequence),
  })
  for (const chunk of chunks) heard.wrong ??= parser.push(Buffer.from(chunk))
  if (end && heard.wrong === null) parser.end()
  heard.held = parser.held
  return heard
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [...new Set(at.map((place) => place % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  )
  return [...edges, bytes.length].map((edge, n) => bytes.subarray(edges[n - 1] ?? 0, edge))
}

const texts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })
const cuts = fc.array(fc.nat(), { maxLength: 12 })

describe('the receiver’s parser', () => {
  it('gives the same records and heartbeats for every cut of managed messages', () => {
    fc.assert(
      fc.property(texts, cuts, (records, at) => {
        const bytes = Buffer.concat(
          records.flatMap((record, n) => [message(Buffer.from(record), n), heartbeat(1000 + n)]),
        )
        const heard = hear(cut(bytes, at))
        expect(heard.wrong).toBeNull()
        expect(heard.held).toBe(0)
        expect(heard.heartbeats).toEqual(records.map((_, n) => 1000 + n))
        expect(heard.records).toEqual(
          records.map((record, sequence) => {
            const text = Buffer.from(record).toString('latin1')
            return { text: text.endsWith('\n') ? text.slice(0, -1) : text, sequence }
          }),
        )
      }),
    )
  })

  it('gives the same lines for every cut of format ascii, and the last one when the client ends', () => {
    const line = fc.stringMatching(/^[ -~]{1,200}$/)
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), cuts, (lines, at) => {
        const heard = hear(cut(Buffer.from(lines.join('\n')), at), true)
        expect(heard.records).toEqual(lines.map((text) => ({ text, sequence: null })))
      }),
    )
  })

  it('never throws and never holds more than a message, whatever comes', () => {
    const evil = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => Buffer.from([0xfe, 0, 0, 0xff, 0, 0, ...bytes])),
    )
    fc.assert(
      fc.property(fc.array(evil, { maxLength: 20 }), (chunks) => {
        const { held } = hear(chunks, false)
        expect(held).toBeLessThanOrEqual(16 + MAX_TEXT)
      }),
    )
  })

  it.each([
    ['a message over the limit', [message(Buffer.alloc(MAX_TEXT + 1, 97), 1)], /8971 bytes/],
    ['a line over the limit', [Buffer.alloc(MAX_TEXT + 1, 97)], /more than 8970/],
    ['an unknown layout', [Buffer.from('fe0000ff010000000000000001000000', 'hex')], /version 1\.0/],
    [
      'an unknown message version',
      [Buffer.from('fe0000ff000700000000000001000000', 'hex')],
      /0\.7/,
    ],
    ['a reply', [Buffer.from('fe0000ff000000000040000001000000', 'hex')], /type 0x40000000/],
    ['a header where none is', [message('type=CWD', 1), Buffer.alloc(16, 97)], /no header/],
    ['a token of Kerberos', [Buffer.from('0000024060820240', 'hex')], /Kerberos/],
    ['a TLS handshake', [Buffer.from('1603010200', 'hex')], /TLS/],
    ['other bytes', [Buffer.from('80ff', 'hex')], /neither/],
  ])('says what is wrong with %s', (_what, chunks, says) => {
    expect(hear(chunks).wrong).toMatch(says)
  })

  it('takes the longest message', () => {
    const text = 'a'.repeat(MAX_TEXT)
    expect(hear([message(text, 7)]).records).toEqual([{ text, sequence: 7 }])
  })

  it('leaves a managed message that was cut off by the end', () => {
    expect(hear([message('type=CWD', 1).subarray(0, 20)], true).records).toEqual([])
  })
})
