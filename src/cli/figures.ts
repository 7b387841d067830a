/** Figures and foreign text as people read them on a terminal. */

import { plain } from '../model/plain.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes with a unit of powers of 1024. */
export function bytesText(bytes: number): string {
  let at = 0
  let size = bytes
  while (size >= 1024 && at < UNITS.length - 1) {
    size /= 1024
    at++
  }
  return `${at === 0 ? size : size.toFixed(1)} ${UNITS[at]}`
}

/** A number with its thousands apart. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-GB')
}

/** Seconds in the largest unit that leaves a whole number above one. */
export function secondsText(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** A name of a rule key; records without one have the empty key. */
export function keyText(key: string): string {
  return key === '' ? '(no key)' : plain(key)
}
