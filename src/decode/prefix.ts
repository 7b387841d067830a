import { NINE, ZERO } from '../model/bytes.ts'
import { isSlash } from '../model/origins.ts'

/** Directories that a prefix has at most: `/home/alice/project` is one, `/home` says too little. */
const MOST_PARTS = 3

/** The high digit of a decimal digit in hex. */
const HEX_DIGIT_HIGH = 0x33

/**
 * Where the prefix of a path ends that it has in common with the paths which a program makes near it: its
 * directory, of three parts at most, and cut before a part of digits alone. So `/tmp/x/123`, `/tmp/x/124` and
 * `/tmp/x/7/log` are all `/tmp/x`, and the files of all processes in /proc are `/proc`.
 *
 * @param isHex - `bytes[start … end)` is hex, two bytes for each of the path.
 * @param isDirectory - the path names a directory, which belongs to its prefix.
 */
export function prefixEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  isHex: boolean,
  isDirectory: boolean,
): number {
  const step = isHex ? 2 : 1
  let prefix = start
  for (let parts = 0; parts < MOST_PARTS; parts++) {
    let at = prefix + step
    while (at < end && isDigit(bytes, at, isHex)) at += step
    const digits = at > prefix + step && (at >= end || isSlash(bytes, at, isHex))
    while (at < end && !isSlash(bytes, at, isHex)) at += step
    if (digits || at === prefix + step || (at >= end && !isDirectory)) break
    prefix = Math.min(at, end)
  }
  return prefix === start ? Math.min(start + step, end) : prefix
}

function isDigit(bytes: Uint8Array, at: number, isHex: boolean): boolean {
  const byte = isHex ? bytes[at + 1] : bytes[at]
  return byte >= ZERO && byte <= NINE && (!isHex || bytes[at] === HEX_DIGIT_HIGH)
}
