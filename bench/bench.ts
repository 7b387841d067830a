import type { Place } from './place.ts'
import type { Report } from './report.ts'

/** What a bench is given. */
export interface Setting {
  readonly place: Place
  /** Times that each contestant runs. */
  readonly rounds: number
}

/** A bench. It throws when what it measures gives wrong results. */
export type Bench = (setting: Setting) => Promise<Report>

type Countable = number | string | boolean | undefined

/** Throws unless two counts are the same. */
export function mustEqual(what: string, found: Countable, expected: Countable): void {
  if (found !== expected) throw new Error(`${what}: ${found}, not ${expected}`)
}
