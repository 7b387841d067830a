import type { Gap } from './boot-gaps.ts'
import type { Hole } from './holes.ts'
import type { NodeLog } from './node-log.ts'
import { addTally, createTally, type Tally } from './tally.ts'

/** What became of one announced hole, or of what no alert announced. */
export interface Finding {
  /** In the log and not delivered. */
  readonly lost: Tally
  /** Events that an earlier run brought back. */
  recovered: number
  /** Serials that are in neither. */
  neither: number
}

/** What became of one announced hole. */
export interface HoleFinding extends Finding {
  readonly hole: Hole
  /** The log has delivered events before and after it. */
  readonly reached: boolean
}

/** Consecutive serials of one node, and a stamp among them in ms since the epoch. */
export interface SerialRange {
  readonly node: string
  readonly first: number
  last: number
  readonly time: number
}

/** What a comparison found. */
export interface Findings {
  readonly nodes: readonly NodeLog[]
  readonly holes: readonly HoleFinding[]
  /** In no hole of the spool, and named by their serials. */
  readonly named: Finding
  readonly silent: Finding
  /** Serials of events that are missing and not announced: the first ranges. */
  readonly silentRanges: readonly SerialRange[]
  /** Serials in neither, in all and the first ranges. */
  readonly missingSerials: number
  readonly gaps: readonly (Gap & { readonly node: string })[]
  /** Delivered events of nodes that the log has nothing of. */
  readonly foreign: number
}

/** Nothing found. */
export function createFinding(): Finding {
  return { lost: createTally(), recovered: 0, neither: 0 }
}

/** Everything that is in the log, was to be delivered and was not. */
export function lostIn({ holes, named, silent }: Findings): Tally {
  const sum = createTally()
  for (const { lost } of holes) addTally(sum, lost)
  addTally(sum, named.lost)
  addTally(sum, silent.lost)
  return sum
}
