import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addMark,
  type Batch,
  createBatch,
  Framing,
  MarkKind,
  placeAt,
} from '../../src/model/batch.ts'
import { createResult, REJECT_NAMES, roomFor } from '../../src/model/result.ts'
import { convict, halves } from '../../src/pool/split.ts'

function batchOf(bytes: Buffer, framing: Framing): Batch {
  const batch = createBatch(Uint8Array.from(bytes))
  batch.length = bytes.length
  batch.framing = framing
  addMark(batch, 0, 5, 1000, MarkKind.Clock)
  return batch
}

/** All the way down. */
function leaves(batch: Batch): Batch[] {
  const cut = halves(batch)
  return cut === null ? [batch] : cut.flatMap(leaves)
}

function binary(texts: readonly string[], padded: boolean): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const record = Buffer.alloc(16 + (padded ? 8970 : text.length))
      record.writeUInt32LE(16, 4)
      record.writeUInt32LE(1300, 8)
      record.writeUInt32LE(text.length, 12)
      record.write(text, 16)
      return record
    }),
  )
}

function rejects(batch: Batch): string[] {
  const result = createResult(roomFor(0))
  convict(batch, result)
  const { start, end, reason, count } = result.rejects
  expect(result.counts.lines).toBe(result.counts.blank + result.counts.rejected)
  expect(result.counts.bytes).toBe(batch.length)
  return Array.from({ length: count }, (_, row) => {
    expect(REJECT_NAMES[reason[row]]).toBe('poison')
    return Buffer.from(batch.bytes.slice(start[row], end[row])).toString()
  })
}

const lines = fc.array(fc.stringMatching(/^[a-z ]{0,12}$/), { minLength: 1, maxLength: 40 })

test('halves of halves are the records, in order, every byte at its place', () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (texts, ended) => {
      const bytes = Buffer.from(texts.join('\n') + (ended ? '\n' : ''))
      fc.pre(bytes.length > 0)
      const found = leaves(batchOf(bytes, Framing.Text))
      expect(Buffer.concat(found.map((leaf) => leaf.bytes.subarray(0, leaf.length)))).toEqual(bytes)
      let place = 1000
      for (const leaf of found) {
        expect(placeAt(leaf, 0)).toBe(place)
        place += leaf.length
      }
      const records = bytes.toString().split(/(?<=\n)/)
      expect(found).toHaveLength(records.length)
    }),
  )
})

test('a batch made rejects loses no record and invents none', () => {
  fc.assert(
    fc.property(lines, (texts) => {
      const batch = batchOf(Buffer.from(texts.map((text) => `${text}\n`).join('')), Framing.Text)
      expect(rejects(batch)).toEqual(texts.filter((text) => text !== ''))
    }),
  )
})

test('a batch of more records than a result has room for is made rejects whole', () => {
  const texts = Array.from({ length: 500 }, (_, n) => `line ${n}`)
  expect(rejects(batchOf(Buffer.from(texts.join('\n')), Framing.Text))).toEqual(texts)
})

test.each([
  ['exact', Framing.BinaryExact],
  ['padded', Framing.BinaryPadded],
])('a binary %s batch is cut at its headers', (name, framing) => {
  const texts = ['audit(1.000:1): a=1', 'audit(1.000:2): with\nfeed', 'audit(1.000:3): c']
  const batch = batchOf(binary(texts, name === 'padded'), framing)
  expect(leaves(batch).flatMap(rejects)).toEqual(texts)
  expect(rejects(batch)).toEqual(texts)
})

test('marks go with the half they lie in, and the end keeps those behind the last record', () => {
  const batch = createBatch(Uint8Array.from(Buffer.from('aa\nbb\ncc\n')), new Float64Array(40))
  batch.length = 9
  addMark(batch, 0, 1, 0, MarkKind.Clock)
  addMark(batch, 6, 2, 500, MarkKind.Clock)
  addMark(batch, 9, 3, 600, MarkKind.Clock)
  addMark(batch, 9, 3, 600, MarkKind.Pass)
  const marks = leaves(batch).map((leaf) => Array.from(leaf.marks.subarray(0, leaf.markCount * 4)))
  expect(marks).toEqual([
    [0, 1, 0, MarkKind.Clock],
    [0, 1, 3, MarkKind.Place],
    [0, 2, 500, MarkKind.Clock, 3, 3, 600, MarkKind.Clock, 3, 3, 600, MarkKind.Pass],
  ])
})
