import { createHash } from 'node:crypto'
import { comparePositions, type Position, placeOf } from '../../src/model/place.ts'
import { SpoolReader } from '../../src/spool/reader.ts'

/** What a heartbeat says of the stream, as far as it is compared. */
export interface Section {
  readonly from: string
  readonly to: string
  readonly bytes: number
  readonly sha256: string
}

/** The data frames of a spool, by a reader of their own. */
export function framesOf(spool: string): { at: Position; bytes: Buffer }[] {
  const reader = new SpoolReader({ spool, notice: () => {} })
  const frames: { at: Position; bytes: Buffer }[] = []
  for (let piece = reader.next(); piece !== null; piece = reader.next())
    if (piece.kind === 'data')
      frames.push({
        at: { epoch: piece.epoch, place: piece.place },
        bytes: Buffer.from(piece.bytes),
      })
  reader.close()
  return frames
}

/** The section as an auditor computes it from the bytes in the spool. */
export function sectionOf(
  frames: readonly { at: Position; bytes: Buffer }[],
  { from, to }: Pick<Section, 'from' | 'to'>,
): Section {
  const hash = createHash('sha256')
  let bytes = 0
  const [start, end] = [positionOf(from), positionOf(to)]
  for (const { at, bytes: all } of frames) {
    const place = (position: Position): number => {
      const isHere = position.epoch === at.epoch
      if (!isHere) return comparePositions(position, at) < 0 ? 0 : all.length
      return Math.max(0, Math.min(all.length, position.place - at.place))
    }
    const part = all.subarray(place(start), place(end))
    hash.update(part)
    bytes += part.length
  }
  return { from, to, bytes, sha256: hash.digest('hex') }
}

function positionOf(text: string): Position {
  const [epoch, sequence, byte] = text.split('.').map(Number)
  return { epoch, place: placeOf(sequence, byte) }
}
