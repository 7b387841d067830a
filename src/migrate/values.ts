import type { Given } from './lines.ts'

/** What an option takes: says what is wrong with a value, null where it holds. */
export type Check = (given: Given) => string | null

const MAX_INT = 2 ** 31 - 1

/** A whole number. */
export function number(least: number, most: number = MAX_INT): Check {
  return ({ value }) => {
    const found = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (found >= least && found <= most) return null
    return `found ${value}, allowed: a whole number from ${least} to ${most}`
  }
}

/** One of some words, in any case. */
export function words(...allowed: readonly string[]): Check {
  return ({ value }) =>
    allowed.includes(value.toLowerCase()) ? null : `found ${value}, allowed: ${allowed.join(', ')}`
}

/** A failure action; `exec` with the absolute path of a program. */
export function action(...allowed: readonly string[]): Check {
  const check = words(...allowed)
  return (given) => {
    const isExec = allowed.includes('exec') && given.value.toLowerCase().startsWith('exec')
    if (!isExec) return check(given)
    return (given.rest[0] ?? '').startsWith('/')
      ? null
      : 'exec needs the absolute path of a program'
  }
}

/** A number of a port, or `any`. */
export const localPort: Check = (given) =>
  given.value.toLowerCase() === 'any' ? null : number(0, 65_535)(given)

/** An absolute path. */
export const path: Check = ({ value }) =>
  value.startsWith('/') ? null : `found ${value}, allowed: an absolute path`

/** Whatever is there. */
export const text: Check = () => null
