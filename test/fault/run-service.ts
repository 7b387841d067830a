import { settingsOf } from '../../src/config/load.ts'
import { createLog } from '../../src/log.ts'
import { runService } from '../../src/service/lifecycle.ts'
import { openNdjsonSink } from '../../src/sink/ndjson.ts'

/** The service alone, as a process: spool, sink directory, where records come from, workers, more settings. */
const [directory, out, input, workers, more = ''] = process.argv.slice(2)
try {
  const settings = settingsOf(more, 'more.yaml', {
    node: 'web-01',
    input,
    spool: { directory },
    output: `ndjson:${out}`,
    workers: Number(workers),
    watch: { file: `${directory}/watch.ndjson` },
    log: { level: 'warn' },
  })
  await runService(settings, () => openNdjsonSink(out), createLog('warn'))
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit((error as { code?: number }).code ?? 1)
}
