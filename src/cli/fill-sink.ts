import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import type { Sink } from '../model/delivery.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { RECOVERED } from '../reconcile/files.ts'
import { AppendFile } from '../sink/append-file.ts'
import { openKafkaSink } from '../sink/kafka/sink.ts'
import { type Outlet, standardOutlet } from '../sink/outlet.ts'
import { createStreamSink } from '../sink/stdout.ts'
import { say } from './terminal.ts'

/** Refuses what `openFillSink` does not know. */
export function checkFill(name: string, { output }: Settings): void {
  if (name === 'kafka' && output.kind !== 'kafka')
    throw new Failure(ExitCode.Usage, '--output kafka needs a configuration with output: kafka')
  if (name !== 'kafka' && name !== '-' && directoryIn(name) === null)
    throw new Failure(ExitCode.Usage, `--output must be ndjson:DIR, kafka or -: ${name}`)
}

/**
 * The sink for recovered events: `ndjson:DIR`, `kafka` as the settings have it, or `-`. In a directory
 * they get a file of their own: the service's is written by the service, maybe as another user.
 *
 * @param state - an empty directory for as long as the sink lives.
 */
export async function openFillSink(
  name: string,
  { output, node, format }: Settings,
  state: string,
): Promise<Sink> {
  const directory = directoryIn(name)
  if (directory !== null) {
    await mkdir(directory, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
      throw new Failure(ExitCode.Sink, `cannot make ${directory}: ${reasonOf(error)}`)
    })
    const file = await AppendFile.open(join(directory, RECOVERED))
    return quiet(file, () => file.close())
  }
  if (output.kind !== 'kafka' || name !== 'kafka') return quiet(standardOutlet(), async () => {})
  return openKafkaSink({
    options: output.kafka,
    node,
    format,
    state,
    onAlert: (alert) => say(`spillway: ${String(alert['text'])}`),
  })
}

function directoryIn(name: string): string | null {
  return /^ndjson:(.+)$/s.exec(name)?.[1] ?? null
}

function quiet(outlet: Outlet, letGo: () => Promise<void>): Sink {
  const sink = createStreamSink(outlet, { rejects: null, rate: () => {}, alert: () => {} })
  return {
    ...sink,
    close: async () => {
      await sink.close()
      await letGo()
    },
  }
}
