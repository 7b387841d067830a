import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { Analyser } from '../src/analyse/analyser.ts'
import { pump } from '../src/cli/pump.ts'
import { OriginFinder } from '../src/decode/origins.ts'
import { readFiles } from '../src/input/files.ts'
import type { Block, Sink } from '../src/model/delivery.ts'
import { standardOutlet } from '../src/sink/outlet.ts'
import { createStreamSink } from '../src/sink/stdout.ts'

/**
 * `spillway decode`, and beside it what is asked for: nothing, the digest of all bytes, or all that the
 * service does for analysis, the digest included:
 *
 *   node analysed-decode.js FILE WORKERS bare|digest|analysis
 */

const [path, workers, asked] = process.argv.slice(2)
const nothing = (): void => {}
const sink = createStreamSink(standardOutlet(), { rejects: null, rate: nothing, alert: nothing })
const analyser = new Analyser({
  host: 'web-01',
  interval: 10_000,
  origins: new OriginFinder(),
  emitRate: nothing,
  emitAlert: nothing,
})
const hash = createHash('sha256')
const beside: Readonly<Record<string, (block: Block) => void>> = {
  bare: nothing,
  digest: ({ batch }) => hash.update(batch.bytes.subarray(0, batch.length)),
  analysis: (block) => analyser.accept(block),
}
const both: Sink = {
  ...sink,
  accept: (block) => {
    beside[asked](block)
    return sink.accept(block)
  },
}
await pump(
  { open: () => readFiles([path]), size: statSync(path).size, live: false },
  {
    format: 'native',
    host: 'web-01',
    raw: false,
    interpretedPrefix: '',
    origins: asked === 'analysis',
  },
  Number(workers),
  both,
)
await sink.close()
