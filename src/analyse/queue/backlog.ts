import type { Span } from './stages.ts'

/** The limit that distributions set (`-b 8192`); the kernel's own, without any rule file, is 64. */
export const USUAL_LIMIT = 8192

/** Entries in the kernel's queue. Times in ms since the epoch. */
export interface Backlog extends Span {
  /** As of when: the stamp of what has just come through. */
  readonly at: number
  /** When that came through. */
  readonly seenAt: number
}

/**
 * What the kernel's queue held of so many entries on the way, of which the stages behind it hold some.
 * Where their socket had room the kernel kept nothing, as far as the reading is of that moment.
 */
export function backlogOf(way: number, held: Span, isFilling: boolean | null): Span {
  const rest = (behind: number): number => Math.max(0, Math.round(way - behind))
  const high = rest(held.low)
  if (isFilling === false) return { low: 0, likely: 0, high }
  return { low: rest(held.high), likely: rest(held.likely), high }
}
