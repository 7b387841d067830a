/**
 * Holds the field kinds against real records: a value must fit the kind of its field. Reads the
 * captures and, where SPILLWAY_FIXTURES names a folder, every `.log` and `.txt` below it.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FIELD_KINDS, FIELD_KINDS_BY_TYPE, FieldKind } from '../../src/tables/fields.ts'
import { RECORD_TYPES } from '../../src/tables/record-types.ts'

const CAPTURES = fileURLToPath(new URL('../captures', import.meta.url))
const FIXTURES = process.env['SPILLWAY_FIXTURES']

const numberOf = new Map<string, number>(RECORD_TYPES.map(([number, name]) => [name, number]))
const byName = new Map(FIELD_KINDS)
const byType = new Map(FIELD_KINDS_BY_TYPE.map(([type, name, kind]) => [`${type} ${name}`, kind]))

const RECORD = /type=(\S+) (?:msg=)?audit\([\d.]+:\d+\)\s?: ?(.*)/
/** Where auditd's own fields begin in published logs that have lost the separator itself. */
const ENRICHED = /(?<=\d)[A-Z]{3,}="/
const FIELD = /([A-Za-z_][\w-]*)=("[^"]*"|'[^']*'|[^\s"',)]*)/g
const ABSENT = new Set(['', '?', '(null)', '(none)', 'n/a'])

const SHAPES: Readonly<Record<FieldKind, RegExp>> = {
  [FieldKind.Text]: /^/,
  [FieldKind.Num]: /^-?\d+$/,
  [FieldKind.Hex]: /^(0x)?[\da-fA-F]+$/,
  [FieldKind.Oct]: /^[0-7]+$/,
  [FieldKind.Encoded]: /^("[^"]*"|([\dA-F]{2})+|[^"']*)$/,
}

function* fields(bytes: string): Generator<readonly [type: number, name: string, value: string]> {
  for (const line of bytes.split('\n')) {
    const [, typeName, all] = RECORD.exec(line) ?? []
    const type = numberOf.get(typeName ?? '')
    if (all === undefined || type === undefined || typeName === 'EXECVE') continue
    const body = (all.split('\x1d')[0] ?? '').split(ENRICHED)[0] ?? ''
    for (const [, name = '', value = ''] of body.replace(/msg='(.*)'/, '$1').matchAll(FIELD))
      if (!ABSENT.has(value)) yield [type, name, value]
  }
}

const kindOf = (type: number, name: string): FieldKind =>
  byType.get(`${type} ${name}`) ?? byName.get(name) ?? FieldKind.Text

/** Values that do not fit, as `type field=value`. */
function misfits(files: readonly string[]): string[] {
  const found = new Set<string>()
  for (const file of files)
    for (const [type, name, value] of fields(readFileSync(file, 'latin1')))
      if (!SHAPES[kindOf(type, name)].test(value)) found.add(`${type} ${name}=${value}`)
  return [...found]
}

describe('the values of the fields', () => {
  it('of our captures fit their kinds', () => {
    const files = ['raw', 'enriched', 'enriched-node'].map((name) => join(CAPTURES, `${name}.log`))
    expect(misfits(files)).toEqual([])
  })

  it('that are numbers in our captures are text only where LAUREL has text', () => {
    const text = new Set<string>()
    for (const [type, name, value] of fields(readFileSync(join(CAPTURES, 'raw.log'), 'latin1')))
      if (kindOf(type, name) === FieldKind.Text && /^-?\d+$/.test(value)) text.add(name)
    expect([...text].toSorted()).toEqual(['cap_frootid', 'frootid', 'saddr'])
  })

  const other = FIXTURES === undefined ? [] : logs(FIXTURES)
  if (FIXTURES === undefined) console.warn('SPILLWAY_FIXTURES is not set: no foreign logs are read')

  it.skipIf(FIXTURES === undefined)('of foreign logs fit their kinds', () => {
    expect(other.length).toBeGreaterThan(0)
    expect(misfits(other)).toEqual([])
  })
})

function logs(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(log|txt|avc)$/.test(name))
    .map((name) => join(dir, name))
}
