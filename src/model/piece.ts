/**
 * What a source (spool reader, file, pipe) hands to the framer, in stream order.
 *
 * `data` bytes may be cut anywhere. `clock` is the stream clock in ms where the source has frames
 * that carry one (the spool); without it (`null`) the framer takes the clock from record stamps.
 * `wall` is what added to the clock gives ms since the epoch, where the source knows.
 */
export type Piece =
  | {
      readonly kind: 'data'
      readonly bytes: Uint8Array
      readonly epoch: number
      readonly boot: string | null
      readonly place: number
      readonly clock: number | null
      readonly wall?: number
    }
  /** The clock moves on without bytes: the stream is alive and quiet. */
  | {
      readonly kind: 'tick'
      readonly epoch: number
      readonly place: number
      readonly clock: number
    }
  /** Bytes are missing here: what is unfinished before it is torn. */
  | { readonly kind: 'gap'; readonly epoch: number; readonly place: number }
  /** The epoch is over. `close` says that its open events close too (rule f). */
  | {
      readonly kind: 'end'
      readonly epoch: number
      readonly place: number
      readonly close: boolean
    }
