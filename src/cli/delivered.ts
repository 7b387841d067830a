import type { Settings } from '../config/settings.ts'
import { checkFiles, readFiles, STANDARD_INPUT } from '../input/files.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import type { Delivered } from '../reconcile/delivered.ts'
import { readDelivered as readEvent } from '../reconcile/delivered-event.ts'
import { deliveredIn } from '../reconcile/files.ts'
import { textLines } from '../reconcile/text-lines.ts'
import { readTopic } from '../sink/kafka/reader.ts'
import { chunksOf } from './chunks.ts'
import { KAFKA, kafkaIn } from './topics.ts'

/** Files, `-` or `kafka`, with events and with alerts. */
export interface Sources {
  readonly events: readonly string[]
  readonly alerts: readonly string[]
}

/** Where delivered events and alerts are read: as it is said, or where the configuration has them go. */
export function sourcesOf({ output }: Settings, said: Sources): Sources {
  const paths = said.events.length > 0 ? said.events : outputOf(output)
  if (paths.length === 0)
    throw new Failure(
      ExitCode.Usage,
      'no delivered events to read: --events names a directory, a file, kafka, or - for standard input',
    )
  const events: string[] = []
  const alerts = [...said.alerts]
  for (const path of paths) {
    const found = path === STANDARD_INPUT || path === KAFKA ? null : deliveredIn(path)
    events.push(...(found?.events ?? [path]))
    alerts.push(...(found?.alerts ?? []))
    if (path === KAFKA) alerts.push(KAFKA)
  }
  return { events, alerts: [...new Set(alerts)] }
}

function outputOf(output: Settings['output']): string[] {
  if (output.kind === 'ndjson') return [output.directory]
  return output.kind === 'kafka' ? [KAFKA] : []
}

/** Takes all delivered events; how many came again, and how many lines are no events. */
export async function readDelivered(
  paths: readonly string[],
  settings: Settings,
  delivered: Delivered,
): Promise<{ repeated: number; unreadable: number }> {
  let repeated = 0
  let unreadable = 0
  await eachLine(paths, settings, 'events', (line) => {
    const event = readEvent(line)
    if (event === null) unreadable++
    else if (!delivered.add(event)) repeated++
  })
  return { repeated, unreadable }
}

/** Gives `take` each line of files, and of the topic of that name in place of `kafka`. */
export async function eachLine(
  paths: readonly string[],
  settings: Settings,
  topic: 'events' | 'alerts',
  take: (line: string) => void,
): Promise<void> {
  await checkFiles(paths.filter((path) => path !== KAFKA))
  for (const path of paths)
    if (path === KAFKA) {
      const kafka = kafkaIn(settings)
      for await (const { text } of readTopic(kafka, kafka.topics[topic])) take(text)
    } else for await (const line of textLines(chunksOf(readFiles([path])))) take(line)
}
