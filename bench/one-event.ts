import { madeBytes } from './made.ts'

const FIRST_SERIAL = 1000

/** One event as its lines. */
export interface OneEvent {
  /** As in `ID`: seconds.milliseconds:serial. */
  readonly id: string
  readonly lines: string
}

/** Whole events, one after the other, each with the EOE that ends it; no serial is missing. */
export function oneByOne(count: number): OneEvent[] {
  const { bytes } = madeBytes({ events: 2 * count, interleave: 0 })
  const linesOf = new Map<string, string>()
  for (const line of bytes.toString().split(/(?<=\n)/)) {
    const id = /audit\(([^)]+)\)/.exec(line)?.[1] ?? ''
    linesOf.set(id, (linesOf.get(id) ?? '') + line)
  }
  return Array.from(linesOf, ([id, lines]) => ({ id, lines }))
    .filter(({ lines }) => lines.includes('type=EOE '))
    .slice(0, count)
    .map(({ id, lines }, at) => {
      const renewed = `${id.slice(0, id.indexOf(':'))}:${FIRST_SERIAL + at}`
      return { id: renewed, lines: lines.replaceAll(`audit(${id})`, `audit(${renewed})`) }
    })
}
