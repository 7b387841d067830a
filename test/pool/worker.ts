import type { Task } from '../../src/pool/message.ts'
import { serve } from '../../src/pool/worker.ts'
import { lineDecode } from './line-decode.ts'

/** A worker that does to itself what the lines of its batch say. */
const run: (task: Task) => unknown = serve((batch, result) => {
  const text = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.length).toString()
  if (text.includes('!throw')) throw new Error('thrown')
  if (text.includes('!exit')) process.exit(3)
  if (text.includes('!memory')) fill()
  while (text.includes('!loop'));
  lineDecode(batch, result)
})

export default run

function fill(): never {
  for (const heap: unknown[] = []; ; ) heap.push(Array.from({ length: 1000 }, () => ({ heap })))
}
