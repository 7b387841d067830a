import { Readable } from 'node:stream'
import split from 'split2'

/**
 * The longest line that is taken; the kernel's own have 1 KiB at most. Longer ones are left out. A
 * constant, since the types of split2 do not know `skipOverflow`.
 */
const LIMITS = { maxLength: 16 * 1024, skipOverflow: true } as const

/** The lines of a source that is slow by nature, without their ends. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  const source = Readable.from(chunks)
  const lines = split(LIMITS)
  source.once('error', (error) => lines.destroy(error))
  for await (const line of source.pipe(lines)) yield String(line)
}
