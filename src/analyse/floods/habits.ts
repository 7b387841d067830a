import type { Severity } from '../../model/alert.ts'
import type { Baseline } from './baseline.ts'
import { ACCEPTED_S, calmOf, hasRisen, largeOf } from './detector.ts'
import { Flood, type FloodState } from './flood.ts'
import type { Over } from './flood-alerts.ts'
import type { Now } from './now.ts'
import type { Teller } from './teller.ts'

/** What a habit asks for: nothing, since the host has borne it before. */
const SEVERITY: Severity = 'info'

/**
 * Keys of one node that take much of the drain as they usually do: bursts of a build, jobs by the hour. It is told
 * as soon as a flood would be, since until it is longer or higher than usual the two cannot be told apart.
 * What is usual is learned as if there were no such thing, and where a key goes beyond it, its habit becomes a flood.
 */
export class Habits {
  readonly #teller: Teller
  /** By row. */
  readonly #open = new Map<number, Flood>()

  constructor(teller: Teller, open: readonly FloodState[] = []) {
    this.#teller = teller
    for (const habit of open) this.#open.set(habit.row, new Flood(habit))
  }

  get size(): number {
    return this.#open.size
  }

  has(row: number): boolean {
    return this.#open.has(row)
  }

  /** Takes a second of a key that is in no flood: sees whether its habit is over. */
  follow(base: Baseline, entries: number, now: Now): void {
    const habit = this.#open.get(base.row)
    if (habit === undefined) return
    habit.add(now, entries, base.smooth, entries < habit.line)
    const isCalm = habit.calm >= base.calm
    if (!isCalm && habit.seconds < ACCEPTED_S) return
    base.endedAt = habit.until + 1
    this.#end(habit, isCalm ? 'calm' : 'usual')
  }

  /** Takes the same second when the key is in no flood after it, and what may become one. */
  watch(base: Baseline, entries: number, now: Now, candidate: Flood | undefined): void {
    const { row, level } = base
    const { bar, line } = largeOf(base, now.drain)
    if (entries < bar || this.#open.has(row) || !hasRisen(base, entries, now)) return
    const usual = level + base.peak
    const from = now.second
    const habit = new Flood({ ...(candidate?.state() ?? { row, from, level, usual }), bar, line })
    if (candidate === undefined) habit.add(now, entries, base.smooth, false)
    habit.told = SEVERITY
    habit.why = 'share'
    base.calm = calmOf(base, from)
    this.#open.set(row, habit)
    this.#teller.start(habit, SEVERITY, now)
  }

  /** The habit of a row becomes a flood. */
  take(row: number): Flood | undefined {
    const habit = this.#open.get(row)
    this.#open.delete(row)
    return habit
  }

  /** Ends them all. */
  finish(): void {
    for (const habit of this.#open.values()) this.#end(habit, 'stream')
  }

  /** For the checkpoint. */
  state(): readonly FloodState[] {
    return [...this.#open.values()].map((habit) => habit.state())
  }

  #end(habit: Flood, over: Over): void {
    this.#open.delete(habit.row)
    this.#teller.end(habit, over)
  }
}
