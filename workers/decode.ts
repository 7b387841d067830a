import { workerData } from 'node:worker_threads'
import { type DecodeOptions, Decoder } from '../src/decode/decoder.ts'
import type { Task } from '../src/pool/message.ts'
import { serve } from '../src/pool/worker.ts'

const decoder = new Decoder(workerData as DecodeOptions)

/** A worker of the decode pool. Its `workerData` are the options of its decoder. */
const run: (task: Task) => unknown = serve((batch, result) => decoder.decode(batch, result))

export default run
