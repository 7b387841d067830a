import { Framing } from '../model/batch.ts'
import {
  BINARY_HEADER,
  binarySize,
  MAX_BINARY_PAYLOAD,
  MAX_BINARY_RECORD,
} from '../model/binary.ts'

/** How sure `framingOf` has to be. */
export const Haste = {
  /** More bytes will come: only what cannot be taken back. */
  None: 0,
  /** Nothing came for a while: a record that ends where the bytes end is whole. */
  Quiet: 1,
  /** Nothing will come: the likeliest. */
  Now: 2,
} as const
export type Haste = (typeof Haste)[keyof typeof Haste]

/**
 * How records lie in a stream that begins with `bytes[0 … length)`, null when it cannot be told yet.
 *
 * Binary shows at the first header, which no line of text can look like. Exact or padded shows where
 * the second header stands, so a first record that fills its room says nothing and the next is asked.
 */
export function framingOf(bytes: Uint8Array, length: number, haste: Haste): Framing | null {
  if (length === 0) return null
  if (bytes[0] > 1) return Framing.Text
  if (length < BINARY_HEADER) return haste === Haste.Now ? Framing.Text : null
  if (binarySize(bytes, 0) < 0) return Framing.Text
  let at = 0
  while (headerAt(bytes, length, at) && binarySize(bytes, at) === MAX_BINARY_PAYLOAD)
    at += MAX_BINARY_RECORD
  if (at + BINARY_HEADER > length) return haste === Haste.Now ? Framing.BinaryExact : null

  const exact = at + BINARY_HEADER + Math.max(0, binarySize(bytes, at))
  const padded = at + MAX_BINARY_RECORD
  if (headerAt(bytes, length, exact)) return Framing.BinaryExact
  if (padded + BINARY_HEADER <= length)
    return headerAt(bytes, length, padded) ? Framing.BinaryPadded : Framing.BinaryExact
  if (haste !== Haste.None && length === exact) return Framing.BinaryExact
  if (haste !== Haste.None && length === padded) return Framing.BinaryPadded
  if (haste === Haste.Now) return length > padded ? Framing.BinaryPadded : Framing.BinaryExact
  return null
}

function headerAt(bytes: Uint8Array, length: number, at: number): boolean {
  return at + BINARY_HEADER <= length && binarySize(bytes, at) >= 0
}
