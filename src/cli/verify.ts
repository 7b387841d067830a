import { Command, InvalidArgumentError } from 'commander'
import { loadSettings } from '../config/load.ts'
import { checkFiles, readFiles, STANDARD_INPUT } from '../input/files.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import type { KafkaOptions } from '../model/kafka.ts'
import { readTopic } from '../sink/kafka/reader.ts'
import { Audit } from '../verify/audit.ts'
import { isDoubtful } from '../verify/finding.ts'
import { tableOf } from '../verify/table.ts'
import { print, printLine } from './terminal.ts'
import { KAFKA, kafkaIn } from './topics.ts'

/**
 * How much older than the period asked about a message may be that says something of it, ms: a heartbeat covers an
 * hour at most, and clocks of hosts differ.
 */
const OLDER_MS = 2 * 3_600_000

/** Takes a line; `place` names it. */
type Take = (line: string, place: string) => void

interface Flags {
  readonly config?: string
  readonly events: readonly string[]
  readonly from?: number
  readonly to?: number
  readonly json?: true
  readonly strict?: true
}

const AFTER_HELP = `
Without a file, or with -, standard input is read. What is packed by gzip is unpacked. A heartbeat that
comes again counts once. The word kafka in place of a file is the topic of the configuration, rates or
events, from its first message to its last; with --from, from two hours before that time.

Exit codes:
  0  nothing is missing
  7  something is missing; each thing is named

Examples:
  spillway verify /var/log/spillway/rates.ndjson
  spillway verify --events /var/log/spillway/events.ndjson /var/log/spillway/rates.ndjson
  spillway verify --json --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z rates.ndjson
  spillway verify kafka --events kafka`

/** `spillway verify`: from the heartbeats, what is missing by node and hour. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('say from heartbeats what is missing, by node and hour')
    .argument('[file...]', 'rates as they were written, in any order')
    .option(
      '--config <file>',
      'configuration of the service (default: /etc/spillway/spillway.yaml, if there is one)',
    )
    .option('--events <file>', 'count these events too; may come more than once', collect, [])
    .option('--from <time>', 'each node has to have heartbeats from then on, ISO 8601', timeOf)
    .option('--to <time>', 'and until then', timeOf)
    .option('--json', 'print one JSON object instead of a table')
    .option('--strict', 'rejects and events whose end was not seen count as missing')
    .addHelpText('after', AFTER_HELP)
    .action(verify)
}

async function verify(files: readonly string[], flags: Flags, command: Command): Promise<void> {
  const paths = files.length === 0 ? [STANDARD_INPUT] : files
  if (files.length === 0 && process.stdin.isTTY) {
    command.outputHelp({ error: true })
    throw new Failure(ExitCode.Usage, 'nothing to read: name a file, or pipe heartbeats in')
  }
  const all = [...paths, ...flags.events]
  await checkFiles(all.filter((path) => path !== KAFKA))
  const kafka = all.includes(KAFKA) ? kafkaIn(loadSettings(flags.config ?? null)) : null
  const audit = new Audit({ from: flags.from ?? null, to: flags.to ?? null })
  const read = (path: string, topic: 'rates' | 'events', take: Take): Promise<void> =>
    path === KAFKA && kafka !== null
      ? messages(kafka, kafka.topics[topic], flags.from ?? null, take)
      : lines(path, take)
  for (const path of paths) await read(path, 'rates', (line, place) => audit.take(line, place))
  for (const path of flags.events)
    await read(path, 'events', (line, place) => audit.takeEvent(line, place))
  const verdict = audit.verdict()
  if (flags.json === true) await printLine(jsonText({ ...verdict }))
  else await print(tableOf(verdict))
  const { findings, notes } = verdict
  const missing = findings.length + (flags.strict === true ? notes.filter(isDoubtful).length : 0)
  if (missing > 0) {
    const many = missing === 1 ? '1 finding' : `${missing} findings`
    throw new Failure(ExitCode.Missing, `something is missing: ${many}`)
  }
}

/** Gives each value of a topic with its place, but for those that are too old to say something of the time `from`. */
async function messages(
  kafka: KafkaOptions,
  topic: string,
  from: number | null,
  take: Take,
): Promise<void> {
  const since = from === null ? null : from - OLDER_MS
  for await (const { text, place } of readTopic(kafka, topic, since)) take(text, place)
}

/** Gives each line of a file with its place, `FILE:LINE`. */
async function lines(path: string, take: Take): Promise<void> {
  const decoder = new TextDecoder()
  let number = 0
  let rest = ''
  for await (const piece of readFiles([path])) {
    if (piece.kind !== 'data') continue
    const whole = (rest + decoder.decode(piece.bytes, { stream: true })).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) take(line, `${path}:${++number}`)
  }
  if (rest !== '') take(rest, `${path}:${++number}`)
}

function collect(file: string, before: readonly string[]): string[] {
  return [...before, file]
}

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time, as 2026-11-22T00:00:00Z.')
  return time
}
