const OPENING: readonly number[] = [...new TextEncoder().encode('audit(')]
const ZERO = 48
const NINE = 57
const DOT = 46
const COLON = 58
const CLOSING = 41

/** Digits a stamp may have: seconds (to the year 5138), milliseconds, serial (u32). */
const MAX_SECONDS_DIGITS = 11
const MS_DIGITS = 3
const MAX_SERIAL_DIGITS = 10

/**
 * The stamp of the record in `bytes[start … end)`, in ms: that of the first `audit(` in it, written
 * as `audit(SECONDS.MILLISECONDS:SERIAL)`. NaN where that is not what stands there.
 */
export function stampOf(bytes: Uint8Array, start: number, end: number): number {
  const at = openingIn(bytes, start, end)
  if (at < 0) return Number.NaN
  const seconds = digitsAt(bytes, at, end, MAX_SECONDS_DIGITS)
  const ms = at + seconds + 1
  const serial = ms + MS_DIGITS + 1
  const serialDigits = digitsAt(bytes, serial, end, MAX_SERIAL_DIGITS)
  if (
    seconds === 0 ||
    bytes[ms - 1] !== DOT ||
    digitsAt(bytes, ms, end, MS_DIGITS) !== MS_DIGITS ||
    bytes[serial - 1] !== COLON ||
    serialDigits === 0 ||
    serial + serialDigits >= end ||
    bytes[serial + serialDigits] !== CLOSING
  )
    return Number.NaN
  return numberAt(bytes, at, seconds) * 1000 + numberAt(bytes, ms, MS_DIGITS)
}

/** The byte after the first `audit(`, or -1. */
function openingIn(bytes: Uint8Array, start: number, end: number): number {
  const last = end - OPENING.length
  for (let at = bytes.indexOf(OPENING[0], start); at >= 0 && at <= last; ) {
    if (OPENING.every((byte, i) => bytes[at + i] === byte)) return at + OPENING.length
    at = bytes.indexOf(OPENING[0], at + 1)
  }
  return -1
}

function digitsAt(bytes: Uint8Array, at: number, end: number, most: number): number {
  const stop = Math.min(end, at + most)
  let i = at
  while (i < stop && bytes[i] >= ZERO && bytes[i] <= NINE) i++
  return i - at
}

function numberAt(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0
  for (let i = at; i < at + digits; i++) value = value * 10 + bytes[i] - ZERO
  return value
}
