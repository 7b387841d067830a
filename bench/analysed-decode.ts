import { statSync } from 'node:fs'
import { Analyser } from '../src/analyse/analyser.ts'
import { pump } from '../src/cli/pump.ts'
import { readFiles } from '../src/input/files.ts'
import type { Sink } from '../src/model/delivery.ts'
import { standardOutlet } from '../src/sink/outlet.ts'
import { createStreamSink } from '../src/sink/stdout.ts'

/**
 * `spillway decode`, and beside it what the service does for analysis where that is asked for:
 *
 *   node analysed-decode.js FILE WORKERS [analysed]
 */

const [path, workers, analysed] = process.argv.slice(2)
const nothing = (): void => {}
const sink = createStreamSink(standardOutlet(), { rejects: null, rate: nothing, alert: nothing })
const analyser = new Analyser({
  host: 'web-01',
  interval: 10_000,
  emitRate: nothing,
  emitAlert: nothing,
})
const both: Sink = {
  ...sink,
  accept: (block) => {
    analyser.accept(block)
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
    origins: analysed !== undefined,
  },
  Number(workers),
  analysed === undefined ? sink : both,
)
await sink.close()
