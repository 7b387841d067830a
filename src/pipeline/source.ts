import type { Piece } from '../model/piece.ts'

/** Where pieces come from: the spool, files, a pipe. */
export interface Source {
  /** The next piece, valid until the next call, or null when there is none now. */
  next(): Piece | null
  /** Settles when `next` may have one again; rejects with a `Failure` when reading failed. */
  wait(): Promise<void>
  /** Bytes that wait to be read, as far as known. */
  readonly lag: number
  /** Little comes: what was given is all there is for now. */
  readonly isCalm: boolean
  /** Lets go of files. */
  close(): void
}

/** Milliseconds that a pipe may take for its next piece and still be thought full. */
const FULL_MS = 5

/**
 * A source over pieces that are read one at a time. `size` is how many bytes there are; where that is
 * not known, what came without a pause is taken for a sign of as much to come.
 */
export function sourceOf(pieces: AsyncIterable<Piece>, size: number | null): Source {
  const iterator = pieces[Symbol.asyncIterator]()
  let ready: Piece | null = null
  let over = false
  let read = 0
  return {
    next: () => {
      const piece = ready
      ready = null
      if (piece?.kind === 'data') read += piece.bytes.length
      return piece
    },
    wait: async () => {
      if (over) return new Promise(() => {})
      const asked = performance.now()
      const step = await iterator.next()
      if (step.done) over = true
      else ready = step.value
      if (size === null && performance.now() - asked > FULL_MS) read = 0
    },
    get lag() {
      return over ? 0 : Math.max(0, size === null ? read : size - read)
    },
    isCalm: false,
    close: () => {
      // Not awaited: a pipe on which nothing comes any more would never let go.
      iterator.return?.().catch(() => {})
    },
  }
}
