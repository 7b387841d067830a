import { type Batch, Framing } from '../model/batch.ts'
import type { Lines } from '../model/result.ts'
import { EOE } from '../tables/single.ts'
import type { Out } from './out.ts'
import { typeName } from './type-name.ts'
import { ValueWriter } from './values.ts'
import { constant } from './words.ts'

const TYPE = constant('type=')
const MSG = constant(' msg=')
const RAW_MEMBER = constant(',"raw":[')
const RAW_HEX_MEMBER = constant(',"raw_hex":[')
const NULL = constant('null')

/**
 * Whether a payload has no type of its own: audisp binary version 0, which starts with `audit(` and
 * whose type the binary header names.
 */
export function isUntyped(framing: Framing, firstByte: number): boolean {
  return framing !== Framing.Text && firstByte === 0x61
}

/** Writes `type=NAME msg=`, which stands before an untyped payload in the text formats. */
export function writeType(out: Out, type: number): void {
  out.constant(TYPE)
  out.constant(typeName(type))
  out.constant(MSG)
}

/** Writes the original lines of an event as the list `raw`. */
export class RawLines {
  readonly #out: Out
  readonly #values: ValueWriter

  constructor(out: Out) {
    this.#out = out
    this.#values = new ValueWriter(out)
  }

  /** Writes the lines from `first` on; those that are not UTF-8 are null and follow in `raw_hex`. */
  write(batch: Batch, lines: Lines, first: number): void {
    const out = this.#out
    const { bytes } = batch
    const odd: number[] = []
    out.reserve(1024)
    out.constant(RAW_MEMBER)
    let index = 0
    for (let line = first; line >= 0; line = lines.next[line]) {
      if (lines.type[line] === EOE) continue
      const start = lines.start[line]
      const end = lines.end[line]
      out.reserve((end - start) * 6 + 1024)
      if (index > 0) out.byte(0x2c)
      const at = out.at
      if (!out.string(bytes, start, end)) {
        out.constant(NULL)
        odd.push(index, start, end)
      } else if (isUntyped(batch.framing, bytes[start])) {
        const text = out.bytes.slice(at + 1, out.at)
        out.at = at + 1
        writeType(out, lines.type[line])
        out.copy(text, 0, text.length)
      }
      index++
    }
    out.byte(0x5d)
    for (let i = 0; i < odd.length; i += 3) out.reserve((odd[i + 2] - odd[i + 1]) * 2 + 1024)
    if (odd.length > 0) this.#values.odd(RAW_HEX_MEMBER, bytes, odd)
    out.reserve(1024)
  }
}
