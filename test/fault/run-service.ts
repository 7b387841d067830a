import { createLog } from '../../src/log.ts'
import { runService } from '../../src/service.ts'
import { openNdjsonSink } from '../../src/sink/ndjson.ts'

/** The service alone, as a process: spool, sink directory, `spool` or `-`, workers. */
const [directory, out, input, workers] = process.argv.slice(2)
try {
  await runService(
    {
      node: 'web-01',
      input: input === '-' ? '-' : 'spool',
      spool: { directory, state: `${directory}/state` },
      output: { kind: 'ndjson', directory: out },
      format: 'native',
      raw: false,
      interpretedPrefix: '',
      workers: Number(workers),
      ratesInterval: 10_000,
      watchFile: `${directory}/watch.ndjson`,
      logLevel: 'warn',
    },
    await openNdjsonSink(out),
    createLog('warn'),
  )
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit((error as { code?: number }).code ?? 1)
}
