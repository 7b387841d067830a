import type { Batch } from '../model/batch.ts'
import { Close, type Result } from '../model/result.ts'
import { EOE, EXECVE, SYSCALL } from '../tables/single.ts'
import { isComplete, missingOf } from './complete.ts'
import { ExecveWriter } from './execve.ts'
import type { EventWriter } from './joiner.ts'
import { KeySets } from './keys.ts'
import { Out } from './out.ts'
import { isUntyped, writeType } from './raw-lines.ts'

const PATH = 1302
const URINGOP = 1336
const KEY = Buffer.from(' key=')
const ITEMS = Buffer.from(' items=')

/** Writes events as the lines they came in, untouched, each ended by LF; EOE is left out. */
export class RawWriter implements EventWriter {
  readonly #out = new Out()
  readonly #execve = new ExecveWriter(new Out())
  readonly #keys = new KeySets()
  #batch!: Batch
  #result!: Result

  /** Starts a batch whose events go to `result`. */
  begin(batch: Batch, result: Result): void {
    this.#batch = batch
    this.#result = result
    result.keySets = this.#keys.begin()
    this.#out.open(result)
  }

  writeEvent(row: number): void {
    const out = this.#out
    const { events, lines } = this.#result
    const { bytes } = this.#batch
    events.outStart[row] = out.at
    for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
      const type = lines.type[line]
      if (type === EOE) continue
      const start = lines.start[line]
      const end = lines.end[line]
      out.reserve(end - start + 128)
      if (isUntyped(this.#batch.framing, bytes[start])) writeType(out, type)
      out.copy(bytes, start, end)
      out.byte(0x0a)
      if (type === SYSCALL || type === URINGOP) this.#takeKey(row, line)
    }
    events.outEnd[row] = this.#result.outLength = out.at
    const reason = events.close[row]
    const mayLack = reason === Close.Quiet || reason === Close.End
    events.complete[row] = isComplete(reason, mayLack && this.#lacks(row)) ? 1 : 0
  }

  #takeKey(row: number, line: number): void {
    const { events, lines } = this.#result
    const { bytes } = this.#batch
    let start = after(bytes, KEY, lines.body[line], lines.end[line])
    if (start < 0 || events.keySet[row] !== 0) return
    const quoted = bytes[start] === 0x22
    if (quoted) start++
    let end = start
    while (end < lines.end[line] && !isKeyEnd(bytes[end], quoted)) end++
    events.keySet[row] = this.#keys.intern(bytes, start, end, quoted)
  }

  /** Whether the event announces records or arguments that are not there. */
  #lacks(row: number): boolean {
    const { events, lines } = this.#result
    const { bytes } = this.#batch
    const execve = this.#execve
    execve.begin()
    let items = 0
    let paths = 0
    for (let line = events.first[row]; line >= 0; line = lines.next[line]) {
      const type = lines.type[line]
      const body = lines.body[line]
      const end = lines.end[line]
      if (type === PATH) paths++
      else if (type === EXECVE) execve.add(bytes, body, end)
      else if (type === SYSCALL || type === URINGOP) {
        const at = after(bytes, ITEMS, body, end)
        if (at >= 0 && items === 0) items = Number.parseInt(textAt(bytes, at, end), 10) || 0
      }
    }
    return missingOf(items, paths, execve) !== null
  }
}

/** Where the value of the field that `needle` names starts, or -1. */
function after(bytes: Uint8Array, needle: Buffer, start: number, end: number): number {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  const at = line.indexOf(needle)
  return at < 0 || start + at + needle.length >= end ? -1 : start + at + needle.length
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(8, end - start)).toString(
    'latin1',
  )
}

function isKeyEnd(byte: number, quoted: boolean): boolean {
  return quoted ? byte === 0x22 : byte === 0x20 || byte === 0x1d
}
