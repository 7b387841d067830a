import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Block, Message, Sink } from '../model/delivery.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { AppendFile } from './append-file.ts'
import { Lane } from './lane.ts'
import { encodeRejects } from './reject.ts'
import { eventBytes } from './run.ts'

const FILES = ['events', 'rates', 'alerts', 'rejects'] as const

/**
 * The sink `ndjson:DIR`: `events.ndjson`, `rates.ndjson`, `alerts.ndjson` and `rejects.ndjson` in a
 * directory that is made when missing (mode 0750), one JSON value a line, appended.
 * A directory or file that cannot be used is a `Failure`.
 */
export async function openNdjsonSink(directory: string): Promise<Sink> {
  await mkdir(directory, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
    throw new Failure(ExitCode.Sink, `cannot make the directory ${directory}: ${reasonOf(error)}`, {
      cause: error,
    })
  })
  const opened: AppendFile[] = []
  try {
    for (const name of FILES) opened.push(await AppendFile.open(join(directory, `${name}.ndjson`)))
  } catch (error) {
    await Promise.all(opened.map((file) => file.close()))
    throw error
  }
  const [events, rates, alerts, rejects] = opened
  const lane = new Lane(ExitCode.Sink)

  const append = (file: AppendFile, message: Message): void => {
    const line = Buffer.from(`${jsonText(message)}\n`)
    // The lane keeps a failure for the next `accept` or `sync`, which is awaited.
    lane.run(() => file.write([line])).catch(() => {})
  }
  const syncAll = async (): Promise<void> => {
    for (const file of opened) await file.sync()
  }

  return {
    accept: (block: Block) =>
      lane.run(async () => {
        if (block.runs.length > 0) await events.write(eventBytes(block))
        const lines = encodeRejects(block)
        if (lines !== null) await rejects.write([lines])
      }),
    rate: (row) => append(rates, row),
    alert: (alert) => append(alerts, alert),
    sync: () => lane.run(syncAll),
    close: async () => {
      try {
        await lane.run(syncAll)
      } finally {
        for (const file of opened) await file.close()
      }
    },
  }
}
