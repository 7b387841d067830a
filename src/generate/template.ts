import { RECORD_TYPES } from '../tables/record-types.ts'
import { EOE, endsEvent, PROCTITLE, SYSCALL } from '../tables/single.ts'
import type { GeneratorOptions } from './options.ts'
import type { Variant } from './records.ts'
import { SLOT_NAMES } from './slots.ts'

/**
 * A record ready to be written: literal bytes with slots between them.
 *
 * ```
 * chunks[0] slots[0] chunks[1] slots[1] … chunks[n]
 * ```
 */
export interface Template {
  readonly chunks: readonly Uint8Array[]
  readonly slots: Uint8Array
  readonly type: number
  /** What the line is to a reader. */
  readonly outcome: 'record' | 'eoe' | 'blank' | 'rejected'
  /** The record alone is an event: a second copy of it is another one. */
  readonly single: boolean
}

/** The records of one event, in the kernel's order. */
export interface EventTemplate {
  readonly records: readonly Template[]
  /** Records that may come late without joining the event again. */
  readonly late: readonly number[]
  /** Home key of the kind, -1 for none. */
  readonly key: number
  /** The event carries two keys. */
  readonly twoKeys: boolean
  readonly daemon: boolean
  readonly odd: boolean
  /** Not an event: a line that is no record. */
  readonly malformed: boolean
}

/** Bytes one written record may take at most: literals, slots, header, node name, line feed. */
export const RECORD_ROOM = 16_384

/** MAX_AUDIT_MESSAGE_LENGTH in include/uapi/linux/audit.h: a binary payload has no room for more. */
export const PAYLOAD_BYTES = 8970

/** No slot writes more, node names and keys included (a key has 256 bytes, twice that in hex). */
const SLOT_BYTES = 640

const NUMBERS: ReadonlyMap<string, number> = new Map(
  RECORD_TYPES.map(([number, name]) => [name, number]),
)

/** True where the payload goes without node and type, because the binary header names the type. */
export function isBare(options: GeneratorOptions): boolean {
  return options.framing !== 'text' && options.format === 'raw' && options.nodes === 0
}

/** Makes an event's records ready for these options; null where the framing has no room for them. */
export function compileEvent(
  variant: Variant,
  options: GeneratorOptions,
  key: number,
  odd: boolean,
): EventTemplate | null {
  const records = variant
    .map((record) => compileRecord(record, options))
    .filter((template) => options.eoe || template.outcome !== 'eoe')
  if (options.framing !== 'text' && records.some((record) => literalBytes(record) > PAYLOAD_BYTES))
    return null
  const late: number[] = []
  for (let i = 1; i < records.length; i++) {
    const { type, outcome } = records[i]
    // without EOE the event is still open when a late PROCTITLE comes
    if (type !== SYSCALL && outcome === 'record' && (options.eoe || type !== PROCTITLE))
      late.push(i)
  }
  const first = records[0].type
  return {
    records,
    late: records.length >= 3 ? late : [],
    key,
    twoKeys: variant.some((record) => record.includes('{keys2}')),
    daemon: first >= 1200 && first < 1300,
    odd,
    malformed: false,
  }
}

/** Makes a line ready that is no record. */
export function compileMalformed(line: string, blank: boolean): EventTemplate {
  const template: Template = {
    chunks: [Buffer.from(line)],
    slots: new Uint8Array(0),
    type: 0,
    outcome: blank ? 'blank' : 'rejected',
    single: false,
  }
  return {
    records: [template],
    late: [],
    key: -1,
    twoKeys: false,
    daemon: false,
    odd: true,
    malformed: true,
  }
}

function compileRecord(record: string, options: GeneratorOptions): Template {
  const withoutMsg = record.startsWith('!')
  const [head = '', enriched = ''] = record.slice(withoutMsg ? 1 : 0).split('\x1d')
  const blank = head.indexOf(' ')
  const name = head.slice(0, blank)
  const type = NUMBERS.get(name) ?? Number(/^UNKNOWN\[(\d+)\]$/.exec(name)?.[1])
  if (Number.isNaN(type)) throw new Error(`no record type is called ${name}`)
  const body =
    head.slice(blank + 1) + (options.format === 'enriched' && enriched ? `\x1d${enriched}` : '')
  const node = options.nodes > 0 ? 'node={node} ' : ''
  const front = isBare(options) ? '' : `${node}type=${name} ${withoutMsg ? '' : 'msg='}`
  // The kernel ends every header with a blank, also where nothing follows it; auditd drops that one
  // from a record it looked through for names and had no node to put before.
  const bare = type === EOE && options.format === 'enriched' && options.nodes === 0
  const parts = `${front}audit({stamp}):${bare ? '' : ' '}${body}`.split(/\{([a-zA-Z0-9]+)\}/)
  const template: Template = {
    chunks: parts.filter((_, i) => i % 2 === 0).map((text) => Buffer.from(text)),
    slots: Uint8Array.from(parts.filter((_, i) => i % 2 === 1).map(slotOf)),
    type,
    outcome: type === EOE ? 'eoe' : 'record',
    single: endsEvent(type),
  }
  const most = literalBytes(template) + template.slots.length * SLOT_BYTES
  if (most > RECORD_ROOM) throw new Error(`record ${name} may take ${most} bytes`)
  return template
}

function slotOf(name: string): number {
  const slot = SLOT_NAMES.indexOf(name)
  if (slot < 0) throw new Error(`no slot is called ${name}`)
  return slot
}

function literalBytes(template: Template): number {
  return template.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}
