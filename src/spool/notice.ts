import type { Position } from '../model/place.ts'
import type { GapRecord } from './format.ts'

/** What a reader found out about its spool besides the bytes. Each becomes an alert. */
export type Notice =
  /** The writer dropped bytes here: its limit was reached, or its disk failed for long. */
  | { readonly kind: 'dropped'; readonly at: Position; readonly gap: GapRecord }
  /**
   * Segments were gone before they were read (`drop-oldest`), or another spool stands in place of the
   * one the position is from. `bytes` and `lineFeeds` are null where no counter tells.
   */
  | {
      readonly kind: 'skipped'
      readonly from: Position
      readonly to: Position
      readonly bytes: number | null
      readonly lineFeeds: number | null
    }
  /** Bytes of the file that are no frame of the writer; they lie in `file`, or null where that failed. */
  | {
      readonly kind: 'corrupt'
      readonly from: Position
      readonly to: Position
      readonly bytes: number
      readonly lineFeeds: number
      readonly file: string | null
    }
  /**
   * The writer ended without saying so: what it held in memory and what lay in its socket is lost, and
   * of a last frame these bytes reached the file without being whole.
   */
  | { readonly kind: 'died'; readonly at: Position; readonly torn: number }
  /** A newer writer is there, and the older one still lives: it is read to its end first. */
  | { readonly kind: 'waiting'; readonly epoch: number; readonly newer: number }
