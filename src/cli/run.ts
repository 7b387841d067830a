import { resolve } from 'node:path'
import { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import { renew } from '../config/renew.ts'
import type { Settings, SettingsInput } from '../config/settings.ts'
import { createLog, type Log } from '../log.ts'
import type { Sink } from '../model/delivery.ts'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { type OnAlert, type Renewal, runService } from '../service/lifecycle.ts'
import { openKafkaSink } from '../sink/kafka/sink.ts'
import { openNdjsonSink } from '../sink/ndjson.ts'
import { standardOutlet } from '../sink/outlet.ts'
import { createStreamSink } from '../sink/stdout.ts'

interface Flags {
  readonly config?: string
  readonly input?: string
  readonly spool?: string
  readonly output?: string
}

const AFTER_HELP = `
What is said here goes over what the configuration says (spillway config example).

Examples:
  spillway run
  spillway run --spool /var/spool/spillway --output ndjson:/var/log/spillway
  spillway run --input tcp://127.0.0.1:60
  spillway generate --paced --live-stamps | spillway run --input - --output stdout`

/** `spillway run`: the service. */
export function runCommand(): Command {
  return new Command('run')
    .description('drain a spool, or what is read or received, into a sink until it is told to stop')
    .option(
      '--config <file>',
      'configuration (default: /etc/spillway/spillway.yaml, if there is one)',
    )
    .option(
      '--input <name>',
      'where records come from: spool, - for standard input, or tcp://HOST:PORT for audisp-remote',
    )
    .option('--spool <dir>', 'directory of the spool')
    .option('--output <sink>', 'where events go: stdout, kafka or ndjson:DIR')
    .addHelpText('after', AFTER_HELP)
    .action(run)
}

async function run(flags: Flags, command: Command): Promise<void> {
  const settings = loadSettings(flags.config ?? null, overridesOf(flags))
  if (settings.input === '-' && process.stdin.isTTY) {
    command.outputHelp({ error: true })
    throw new Failure(ExitCode.Usage, 'nothing to read: pipe a stream in')
  }
  const log = createLog(settings.logLevel)
  const renewal = renewalOf(settings, log, flags)
  await runService(settings, (onAlert) => openSink(settings, log, onAlert), log, renewal)
}

/** Reads the configuration again; what does not hold, or cannot change while it runs, is said. */
function renewalOf(first: Settings, firstLog: Log, flags: Flags): Renewal {
  let now = first
  let log = firstLog
  const refuse = (error: unknown): null => {
    log.error({ reason: reasonOf(error) }, 'the configuration was not taken')
    return null
  }
  return {
    settings: () => {
      try {
        const read = loadSettings(flags.config ?? null, overridesOf(flags))
        const { settings, fixed } = renew(now, read)
        if (fixed.length > 0) log.warn({ settings: fixed }, 'cannot change before a restart')
        if (settings === null) log.info({}, 'the configuration has not changed')
        return settings
      } catch (error) {
        return refuse(error)
      }
    },
    open: async (settings, onAlert) => {
      const sink = await openSink(settings, log, onAlert).catch(refuse)
      if (sink === null) return { settings: now, sink: await openSink(now, log, onAlert), log }
      now = settings
      log = createLog(settings.logLevel)
      log.info({}, 'the configuration was taken')
      return { settings, sink, log }
    },
  }
}

/** Paths on the command line are relative to where it is typed. */
function overridesOf({ input, spool, output }: Flags): SettingsInput {
  const relative = output?.match(/^ndjson:(.+)$/)?.[1]
  return {
    ...(input === undefined ? {} : { input }),
    ...(spool === undefined ? {} : { spool: { directory: spool && resolve(spool) } }),
    ...(output === undefined
      ? {}
      : { output: relative === undefined ? output : `ndjson:${resolve(relative)}` }),
  }
}

/** The sink that the settings name. With stdout everything but events goes to the log. */
async function openSink(
  { output, node, format, spool }: Settings,
  log: Log,
  onAlert: OnAlert,
): Promise<Sink> {
  if (output.kind === 'ndjson') return openNdjsonSink(output.directory)
  if (output.kind === 'kafka')
    return openKafkaSink({
      options: output.kafka,
      node,
      format,
      state: spool.state,
      onAlert: (alert) => {
        log.warn({ alert: alert['type'] }, String(alert['text']))
        onAlert(alert)
      },
    })
  return createStreamSink(standardOutlet(), {
    rejects: {
      write: async (lines) => {
        for (const reject of Buffer.concat(lines).toString().trimEnd().split('\n'))
          log.warn({ reject: JSON.parse(reject) as unknown }, 'no record')
      },
      sync: async () => {},
    },
    rate: (rate) => log.info({ rate }, 'rate'),
    alert: (alert) => log.warn({ alert }, 'alert'),
  })
}
