import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnEntries } from '../analyse/vigil/ours.ts'
import type { Log } from '../log.ts'
import type { Source } from '../pipeline/source.ts'

/**
 * Breaks the loop that a rule makes which audits this service: what it reads makes it write, which is
 * audited and read. Such a loop has the speed of its slowest part, which is how often something is read.
 * So while most of what comes is our own, the source is read once a second:
 *
 * ```
 *  as usual   read ─ write ─ read ─ write ─ read ─ write ─ …      some writes for every few records
 *  open       read what is there ─ write ··· 1 s ··· read ─ write ···   some writes a second, whatever comes
 * ```
 *
 * Nothing is left out: records wait in the spool for a second. The rule itself is for people to mend.
 */

/** Share of all entries, and entries a second, from which our own are a loop. */
const LOOP_SHARE = 0.5
const LOOP_PER_S = 100
/** Looks in a row that see one, before the source is held back. */
const LOOKS = 3
/** Milliseconds between two readings then. */
const BEAT_MS = 1000
/** Milliseconds for which it is held back: twice as long each time, as the loop begins anew when it is let go. */
const HOLD_MS = 60_000
const LONGEST_MS = 16 * HOLD_MS

/** A breaker. */
export class Breaker {
  readonly #log: Log
  #looks = 0
  #seen: OwnEntries | null = null
  /** Until when the source is held back, and for how long it will be the next time. */
  #until = -Infinity
  #hold = HOLD_MS

  constructor(log: Log) {
    this.#log = log
  }

  /** Takes what came of late; `now` in ms of a clock that does not jump. To be called about every second. */
  look(entries: OwnEntries, now: number): void {
    // Where nothing has come since the last look there is nothing new in it.
    if (entries === this.#seen) return
    this.#seen = entries
    const { own, all, ms } = entries
    const loops = own >= LOOP_SHARE * all && own * 1000 >= LOOP_PER_S * ms && own > 0
    this.#looks = loops ? this.#looks + 1 : 0
    if (this.#looks < LOOKS || now < this.#until) return
    const isAgain = now - this.#until < this.#hold
    this.#hold = isAgain ? Math.min(2 * this.#hold, LONGEST_MS) : HOLD_MS
    this.#until = now + this.#hold
    this.#log.warn(
      { own, all, seconds: this.#hold / 1000 },
      'most records are of our own processes: the spool is read once a second',
    )
  }

  /** The source, held back while a loop is. */
  guard(source: Source): Source {
    let next = -Infinity
    let left = 0
    const isHeld = (): boolean => performance.now() < this.#until
    const rest = (): number => (isHeld() ? next - performance.now() : -Infinity)
    return {
      next: () => {
        if (!isHeld()) {
          left = 0
          return source.next()
        }
        if (rest() > 0) return null
        // As much as is there now: on a busy machine the loop makes the next record before the last is read.
        if (left <= 0) left = Math.max(1, source.lag)
        const piece = source.next()
        if (piece === null) left = 0
        if (piece?.kind === 'data') left -= piece.bytes.length
        if (left <= 0) next = performance.now() + BEAT_MS
        return piece
      },
      wait: async () => {
        const ms = rest()
        if (ms > 0) await sleep(ms, undefined, { ref: false })
        else await source.wait()
      },
      close: () => source.close(),
      get lag() {
        return source.lag
      },
      get isCalm() {
        return source.isCalm
      },
    }
  }
}
