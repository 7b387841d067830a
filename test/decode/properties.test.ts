import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decoded, decode, eventsOf, linesOf } from './decoded.ts'
import { framed, garbage, mutated, mutatedStream, RECORDS } from './mutated.ts'
import { parseStrict } from './strict-json.ts'
import { Types } from './types.ts'

/** What holds of the decoder whatever it is given. */

function expectSound({ out, counts, rejects }: Decoded, bytes: number): void {
  for (const line of linesOf(out)) parseStrict(line)
  expect(counts.lines).toBe(counts.records + counts.eoe + counts.blank + counts.rejected)
  expect(counts.bytes).toBe(bytes)
  expect(rejects).toHaveLength(counts.rejected)
}

const records = fc.array(mutated, { minLength: 1, maxLength: 12 })

describe('decoding', () => {
  it('gives strict JSON and counts that add up for any bytes', () => {
    fc.assert(
      fc.property(garbage, (bytes) => expectSound(decode(bytes), bytes.length)),
      { numRuns: 500 },
    )
  })

  it('gives strict JSON and counts that add up for damaged records', () => {
    fc.assert(
      fc.property(mutatedStream, fc.boolean(), (bytes, raw) =>
        expectSound(decode(bytes, { raw }), bytes.length),
      ),
      { numRuns: 600 },
    )
  })

  it('gives strict JSON and counts that add up for damaged records in binary framing', () => {
    fc.assert(
      fc.property(records, fc.boolean(), (list, padded) => {
        const bytes = framed(list, padded)
        expectSound(decode(bytes), bytes.length)
      }),
      { numRuns: 150 },
    )
  })

  it('gives strict JSON and counts that add up for damaged binary framing', () => {
    fc.assert(
      fc.property(
        records,
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(1e6), fc.nat(255)), { maxLength: 6 }),
        (list, padded, flips) => {
          const bytes = framed(list, padded)
          for (const [at, byte] of flips) bytes[at % bytes.length] = byte
          expectSound(decode(bytes), bytes.length)
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('the JSON type of a field', () => {
  it('is one for each record type, whatever is done to a record', () => {
    const types = new Types()
    for (const record of RECORDS)
      for (const event of eventsOf(decode(record).out)) expect(types.add(event)).toEqual([])
    fc.assert(
      fc.property(mutatedStream, (bytes) => {
        for (const event of eventsOf(decode(bytes, { raw: true }).out))
          expect(types.add(event)).toEqual([])
      }),
      { numRuns: 600 },
    )
  })
})

describe('the raw format', () => {
  it('gives back the bytes of every record but EOE, as many events as the native one', () => {
    fc.assert(
      fc.property(mutatedStream, (bytes) => {
        const { out, counts } = decode(bytes, { format: 'raw' })
        const native = decode(bytes, { raw: true })
        const given = linesOf(out).map((line) => line.toString('latin1'))
        expect(given).toHaveLength(counts.records)
        expect(counts).toEqual(native.counts)
        const rejected = native.rejects.map((reject) => reject.bytes.toString('latin1'))
        const read = linesOf(bytes)
          .map((line) => line.toString('latin1').replace(/\r$/, ''))
          .filter((line) => !/^[ \t\r]*$/.test(line) && !isEoe(line))
        expect([...given, ...rejected.map((line) => line.replace(/\r$/, ''))].toSorted()).toEqual(
          read.toSorted(),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('puts the type before a record that has it in its binary header alone', () => {
    const typed = RECORDS.filter((record) => record.subarray(0, 4).toString() === 'type')
    const untyped = typed.map((record) => record.subarray(record.indexOf('audit(')))
    const { out, counts } = decode(framed(untyped, false), { format: 'raw' })
    expect(counts.records).toBeGreaterThan(500)
    for (const line of linesOf(out))
      expect(line.toString('latin1')).toMatch(/^type=SYSCALL msg=audit\(/)
  })
})

describe('an interleaving of whole events', () => {
  const byId = new Map<string, Buffer[]>()
  for (const record of RECORDS) {
    const id = /^(?:node=\S+ )?type=([A-Z]+)\S* msg=audit\(([\d.]+:\d+)\):/.exec(
      record.toString('latin1'),
    )
    if (id === null || id[1] === 'EOE' || id[2].startsWith('17000')) continue
    byId.set(id[2], [...(byId.get(id[2]) ?? []), record])
  }
  const events = [...byId.values()]

  it('gives the same events as one after the other', () => {
    const seen = (lines: readonly Buffer[]): string[] =>
      eventsOf(decode(Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))).out)
        .map(({ EVENT, ...rest }) => JSON.stringify({ ...rest, EVENT: { ...EVENT, pos: '' } }))
        .toSorted()
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(events.length - 1), { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
        (chosen, order) => {
          const queues = chosen.map((event) => [...events[event]])
          const mixed: Buffer[] = []
          for (let i = 0; ; i++) {
            const live = queues.filter((queue) => queue.length > 0)
            if (live.length === 0) break
            mixed.push(live[order[i % order.length] % live.length].shift() as Buffer)
          }
          expect(seen(mixed)).toEqual(seen(chosen.flatMap((event) => events[event])))
        },
      ),
      { numRuns: 200 },
    )
  })
})

/** Whether the line is an end of event with a header that holds. */
function isEoe(line: string): boolean {
  return /^(?:.* )?type=(?:EOE|1320|UNKNOWN\[1320\]) +(?:msg=)?audit\(\d+\.\d{1,3}:\d{1,10}\) *:/.test(
    line.slice(0, 1200),
  )
}
