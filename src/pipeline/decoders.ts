import { fileURLToPath } from 'node:url'
import { type DecodeOptions, Decoder } from '../decode/decoder.ts'
import type { Closing } from '../model/place.ts'
import { DecodePool, type Trouble } from '../pool/pool.ts'
import { Stitcher } from '../stitch/stitcher.ts'

/** The workers of an installation lie beside its sources. */
const WORKER = fileURLToPath(new URL('../../workers/decode.js', import.meta.url))

/** A pool of decoders, which begins without workers. */
export function createPool(
  options: DecodeOptions,
  onTrouble: (trouble: Trouble) => void,
): DecodePool {
  return new DecodePool({
    inline: () => {
      const decoder = new Decoder(options)
      return (batch, result) => decoder.decode(batch, result)
    },
    filename: WORKER,
    workerData: options,
    onTrouble,
  })
}

/** The stitcher for such a pool; it drops what closes at or before `done`. */
export function createStitcher(options: DecodeOptions, done: Closing | null): Stitcher {
  return new Stitcher({ decoder: new Decoder(options), done })
}
