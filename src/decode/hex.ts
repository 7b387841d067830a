import { ZERO } from '../model/bytes.ts'

/** Value of a hex digit, or 255. The kernel writes upper case, user space either. */
export const NIBBLE: Uint8Array = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i++) {
  NIBBLE['0123456789abcdef'.charCodeAt(i)] = i
  NIBBLE['0123456789ABCDEF'.charCodeAt(i)] = i
}

/** Decodes `source[start … end)` from hex into `target` at `at`; gives the new end, or -1 if it is no hex. */
export function decodeHex(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  if (((end - start) & 1) !== 0 || end === start) return -1
  for (let from = start; from < end; from += 2) {
    const high = NIBBLE[source[from]]
    const low = NIBBLE[source[from + 1]]
    if ((high | low) > 15) return -1
    target[at++] = (high << 4) | low
  }
  return at
}

/** Whether the bytes are hex digits, with or without `0x` before them. */
export function isHex(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  if (end - at > 2 && bytes[at] === ZERO && (bytes[at + 1] | 0x20) === 0x78) at += 2
  if (at === end) return false
  for (; at < end; at++) if (NIBBLE[bytes[at]] > 15) return false
  return true
}

/** Whether the bytes are octal digits. */
export function isOctal(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false
  for (let at = start; at < end; at++) if (bytes[at] < ZERO || bytes[at] > 0x37) return false
  return true
}
