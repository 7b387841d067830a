/**
 * Bytes four at a time. V8 turns DataView's 32-bit accesses into single moves, also unaligned ones:
 * copying 330 bytes so took 82 ns where a loop over bytes took 289. The order of bytes in a word does
 * not matter here; little-endian is asked for throughout because that needs no swap.
 *
 * Copies may write up to 3 bytes past their end and comparisons read as far: both sides keep SLACK
 * bytes of room behind what counts.
 */

/** Bytes that have to lie readable behind what is read, and writable behind what is written. */
export const SLACK = 8

/** The first `length` bytes with SLACK behind them: the same array where it has that, else a copy. */
export function withSlack(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length + SLACK) return bytes
  const longer = new Uint8Array(length + SLACK)
  longer.set(bytes.subarray(0, length))
  return longer
}

/** The whole of an array's bytes as 32-bit words. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Masks the first n bytes of a word, by n from 0 to 3. */
export const FIRST_BYTES: Int32Array = Int32Array.of(0, 0xff, 0xffff, 0xffffff)

/**
 * Whether `length` bytes of `a` from `at` on equal those of `b` from `from` on. Those of `b` are ASCII
 * without NUL: so long ones are compared eight at a time, as numbers that are neither NaN nor zero.
 */
export function equalBytes(
  a: DataView,
  at: number,
  b: DataView,
  from: number,
  length: number,
): boolean {
  let i = 0
  for (; i + 16 <= length; i += 8)
    if (a.getFloat64(at + i, true) !== b.getFloat64(from + i, true)) return false
  for (; i + 4 <= length; i += 4)
    if (a.getInt32(at + i, true) !== b.getInt32(from + i, true)) return false
  return ((a.getInt32(at + i, true) ^ b.getInt32(from + i, true)) & FIRST_BYTES[length & 3]) === 0
}

/**
 * 0 when each of a word's bytes stands for itself in a JSON string; otherwise one of them is a
 * control, a quote, a backslash, DEL or above ASCII. (A byte is below n when subtracting n borrows
 * into its high bit while that bit was clear; equal to c when it is below 1 after exclusive or.)
 */
export function isOdd(word: number): number {
  const quote = word ^ 0x22222222
  const slash = word ^ 0x5c5c5c5c
  return (
    (word |
      (word + 0x01010101) |
      ((word - 0x20202020) & ~word) |
      ((quote - 0x01010101) & ~quote) |
      ((slash - 0x01010101) & ~slash)) &
    0x80808080
  )
}

/** Whether one of a word's bytes is a quote. */
export function hasQuote(word: number): boolean {
  const quote = word ^ 0x22222222
  return ((quote - 0x01010101) & ~quote & 0x80808080) !== 0
}

/** A constant text, ready to be written in words. */
export interface Constant {
  readonly view: DataView
  readonly length: number
}

/** Makes a constant from ASCII text or bytes. */
export function constant(text: string | Uint8Array): Constant {
  const source = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  const bytes = new Uint8Array(source.length + SLACK)
  bytes.set(source)
  return { view: viewOf(bytes), length: source.length }
}

/** Many short texts one after the other, each found by its number. */
export class TextTable {
  readonly view: DataView
  readonly starts: Uint32Array
  readonly lengths: Uint8Array

  constructor(texts: readonly string[]) {
    this.starts = new Uint32Array(texts.length)
    this.lengths = Uint8Array.from(texts, (text) => text.length)
    let end = 0
    for (const [index, text] of texts.entries()) {
      this.starts[index] = end
      end += text.length
    }
    const bytes = new Uint8Array(end + SLACK)
    bytes.set(Buffer.from(texts.join(''), 'latin1'))
    this.view = viewOf(bytes)
  }
}
