import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { loadSettings } from '../config/load.ts'
import type { Settings, WorkerSettings } from '../config/settings.ts'
import type { DecodeOptions } from '../decode/decoder.ts'
import { type HeldFiles, holdFiles, STANDARD_INPUT } from '../input/files.ts'
import type { Block, Sink } from '../model/delivery.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { plain } from '../model/plain.ts'
import { Comparison } from '../reconcile/comparison.ts'
import { Delivered } from '../reconcile/delivered.ts'
import { logsAt } from '../reconcile/files.ts'
import { lostIn } from '../reconcile/findings.ts'
import { Holes } from '../reconcile/holes.ts'
import { type Reading, type Report, reportOf, textOf } from '../reconcile/report.ts'
import { eachLine, readDelivered, sourcesOf } from './delivered.ts'
import { checkFill, openFillSink } from './fill-sink.ts'
import { inOrder } from './log-order.ts'
import { nodeOf, pump, workersOf } from './pump.ts'
import { printLine, say } from './terminal.ts'

const AUDIT_LOG = '/var/log/audit/audit.log'
/** What recovered events say they are from, whatever the file was renamed to. */
const RECOVERED_FROM = 'audit.log'

interface Flags {
  readonly config?: string
  readonly events: readonly string[]
  readonly alerts: readonly string[]
  readonly output?: string
  readonly node?: string
  readonly since?: number
  readonly until?: number
  readonly workers: WorkerSettings
  readonly json?: true
}

const AFTER_HELP = `
Without --output nothing is written: a check. With it, what is in the log and was not delivered, or not
whole, is delivered, marked "recovered". What is before the first delivered event of a node and after
its last is not judged, unless --since and --until say that it was to come.

Examples:
  spillway reconcile
  spillway reconcile --output ndjson:/var/log/spillway
  spillway reconcile --events /var/log/spillway --json audit.log audit.log.1 audit.log.2.gz
  spillway reconcile --events kafka --output kafka

Exit codes besides those of every command:
  7  events of the log are missing: not announced by any alert, or announced and not filled`

/** `spillway reconcile`: what auditd's log has and the delivered events have not. */
export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description("hold auditd's log against the delivered events, and fill holes from it")
    .argument('[log...]', `logs (default: ${AUDIT_LOG} and what it was rotated to)`)
    .option(
      '--config <file>',
      'configuration of the service (default: /etc/spillway/spillway.yaml, if there is one)',
    )
    .option(
      '--events <path>',
      'delivered events: directory of the sink ndjson:, a file, kafka, or -; may come again (default: the output of the configuration)',
      listed,
      [],
    )
    .option(
      '--alerts <file>',
      'alerts that announce holes, beside those in the directory or in Kafka; may come again',
      listed,
      [],
    )
    .option('--output <sink>', 'fill: where events go, ndjson:DIR, kafka, or - for standard output')
    .option('--node <name>', 'name of the host where records carry no node=', nodeOf)
    .option('--since <time>', 'judge what is not older than this (ISO 8601)', timeOf)
    .option('--until <time>', 'judge what is not younger than this (ISO 8601)', timeOf)
    .option(
      '--workers <n>',
      'threads that decode: auto, or 0 for none but the main one',
      workersOf,
      'auto',
    )
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText('after', AFTER_HELP)
    .action(reconcile)
}

async function reconcile(paths: readonly string[], flags: Flags): Promise<void> {
  const settings = loadSettings(flags.config ?? null)
  if (settings.format !== 'native')
    throw new Failure(
      ExitCode.Config,
      'events in format raw cannot be told apart: format must be native',
    )
  if (flags.output !== undefined) checkFill(flags.output, settings)
  const sources = sourcesOf(settings, flags)
  const delivered = new Delivered()
  const holes = new Holes()
  // The log is opened before the events are read: what comes in meanwhile is not judged.
  const logs = await holdFiles(paths.length === 0 ? logsAt(AUDIT_LOG) : await inOrder(paths))
  try {
    const read = await readDelivered(sources.events, settings, delivered)
    if (delivered.count === 0 && (flags.since === undefined || flags.until === undefined))
      throw new Failure(
        ExitCode.Input,
        `no delivered event in ${sources.events.join(' ')}; where none was, --since and --until say what was to come`,
      )
    await eachLine(sources.alerts, settings, 'alerts', (line) => holes.add(line))
    const comparison = new Comparison({
      delivered,
      holes: holes.all,
      serials: holes.serials,
      host: flags.node ?? settings.node,
      hostIsSaid: flags.node !== undefined,
      since: flags.since ?? null,
      until: flags.until ?? null,
    })
    await readLog(logs, settings, flags, async (block) => comparison.accept(block))
    const findings = comparison.finish()
    const wanted = flags.output !== undefined && lostIn(findings).events > 0
    const filled = wanted ? await fill(logs, settings, flags, comparison) : 0
    const reading: Reading = { ...read, logs: logs.paths, delivered: delivered.count, filled }
    await tell(reportOf(findings, reading), flags)
  } finally {
    await logs.close()
  }
}

/** Second reading of the log: gives what is missing to the sink; how many events that was. */
async function fill(
  logs: HeldFiles,
  settings: Settings,
  flags: Flags,
  comparison: Comparison,
): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), 'spillway-reconcile-'))
  let filled = 0
  try {
    const sink = await openFillSink(flags.output ?? '', settings, state)
    await readLog(logs, settings, flags, async (block) => {
      const picked = comparison.pick(block)
      if (picked === null) return
      for (const { from, to } of picked.runs) filled += to - from
      await sink.accept(picked)
    })
    await sink.sync()
    await sink.close()
  } finally {
    await rm(state, { recursive: true, force: true })
  }
  return filled
}

/** Takes the log through the pipeline, block by block. */
async function readLog(
  logs: HeldFiles,
  { raw, interpretedPrefix, node }: Settings,
  flags: Flags,
  accept: (block: Block) => Promise<void>,
): Promise<void> {
  const options: DecodeOptions = {
    format: 'native',
    host: flags.node ?? node,
    raw,
    interpretedPrefix,
    recoveredFrom: RECOVERED_FROM,
  }
  const taker: Sink = {
    accept,
    rate: () => {},
    alert: () => {},
    sync: async () => {},
    close: async () => {},
  }
  const input = { open: () => logs.read(), size: logs.size, live: false }
  await pump(input, options, flags.workers, taker)
}

async function tell(report: Report, { json, output }: Flags): Promise<void> {
  const lines = json === true ? [jsonText(report)] : textOf(report)
  // Standard output has the events then.
  for (const line of lines)
    if (output === STANDARD_INPUT) say(line)
    else await printLine(plain(line))
  if (report.silent.events > 0)
    throw new Failure(ExitCode.Missing, `${report.silent.events} events were lost without a word`)
  if (report.missing > 0)
    throw new Failure(
      ExitCode.Missing,
      `${report.missing} events are missing; --output brings them back`,
    )
}

function listed(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time in ISO 8601.')
  return time
}
