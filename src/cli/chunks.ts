import type { Piece } from '../model/piece.ts'

/** The bytes of a stream of pieces, without what marks its places. */
export async function* chunksOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) if (piece.kind === 'data') yield piece.bytes
}
