import { QUOTE } from '../../model/bytes.ts'
import { isSlash } from '../../model/origins.ts'

const FACTOR = 0x01000193

/**
 * Where the directory ends that is above a path, which lies in `bytes[start … end)` as a record has it: behind a
 * quote, or in hex (model/origins.ts). `start` where that is the root, or no path at all.
 */
export function directoryEnd(bytes: Uint8Array, start: number, end: number): number {
  const isHex = bytes[start] !== QUOTE
  const step = isHex ? 2 : 1
  const first = isHex ? start : start + 1
  for (let at = end - step; at > first; at -= step) if (isSlash(bytes, at, isHex)) return at
  return start
}

/** A hash over the bytes of a directory's name (FNV-1a, 32 bits). */
export function directoryHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], FACTOR)
  return hash
}
