import { LF } from '../model/bytes.ts'

/**
 * The whole lines of a stream of bytes, as text without their ends. A last line without an end is left
 * out: somebody may be writing it.
 */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, at)) {
      const last = chunk.subarray(at, end)
      yield rest.length === 0 ? last.toString() : Buffer.concat([...rest, last]).toString()
      rest = []
      at = end + 1
    }
    // The bytes of a chunk are good until the next one is asked for.
    if (at < chunk.length) rest.push(Buffer.from(chunk.subarray(at)))
  }
}
