import { fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { WorkerSettings } from '../config/settings.ts'
import type { DecodeOptions } from '../decode/decoder.ts'
import { checkFiles, readFiles, STANDARD_INPUT } from '../input/files.ts'
import type { Sink } from '../model/delivery.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { jsonText } from '../model/json.ts'
import { AppendFile, Torn } from '../sink/append-file.ts'
import { standardOutlet } from '../sink/outlet.ts'
import { createStreamSink } from '../sink/stdout.ts'
import { nodeOf, type PumpInput, pump, workersOf } from './pump.ts'
import { Stats } from './stats.ts'
import { say } from './terminal.ts'

interface Flags {
  readonly format: DecodeOptions['format']
  readonly workers: WorkerSettings
  readonly node?: string
  readonly raw?: true
  readonly rejects?: string
  readonly stats?: true
}

const AFTER_HELP = `
Without a file, or with -, standard input is read. What is packed by gzip is unpacked.

Examples:
  spillway decode /var/log/audit/audit.log | jq -c '[.EVENT.time, .EVENT.keys, .SYSCALL.exe]'
  spillway decode --stats audit.log.2.gz audit.log.1 audit.log > events.ndjson
  ausearch --raw -k exec | spillway decode
  spillway decode --rejects bad.ndjson mixed.log > events.ndjson`

/** `spillway decode`: logs to events. */
export function decodeCommand(): Command {
  return new Command('decode')
    .description('turn audit logs into one JSON object an event, on standard output')
    .argument('[file...]', 'logs in the order in which they were written')
    .addOption(
      new Option('--format <name>', 'native: JSON; raw: the lines, those of one event together')
        .choices(['native', 'raw'])
        .default('native'),
    )
    .option(
      '--workers <n>',
      'threads that decode: auto, or 0 for none but the main one',
      workersOf,
      'auto',
    )
    .option('--node <name>', 'name of the host where records carry no node=', nodeOf)
    .option('--raw', 'add the original lines to every event')
    .option('--rejects <file>', 'append lines that are no records to this file, as JSON')
    .option(
      '--stats',
      'print one JSON object of counts on standard error, also when the input fails midway',
    )
    .addHelpText('after', AFTER_HELP)
    .action(decode)
}

async function decode(files: readonly string[], flags: Flags, command: Command): Promise<void> {
  const paths = files.length === 0 ? [STANDARD_INPUT] : files
  if (files.length === 0 && process.stdin.isTTY) {
    command.outputHelp({ error: true })
    throw new Failure(ExitCode.Usage, 'nothing to read: name a file, or pipe a log in')
  }
  await checkFiles(paths)
  await checkApart(paths, flags.rejects)
  const started = performance.now()
  const stats = new Stats()
  const rejects =
    flags.rejects === undefined ? null : await AppendFile.open(flags.rejects, Torn.Refuse)
  const sink = createStreamSink(standardOutlet(), {
    rejects,
    rate: () => {},
    alert: () => {},
  })
  const options: DecodeOptions = {
    format: flags.format,
    host: flags.node ?? null,
    raw: flags.raw === true,
    interpretedPrefix: '',
  }
  const input: PumpInput = {
    open: () => readFiles(paths),
    size: await sizeOf(paths),
    live: paths.includes(STANDARD_INPUT),
  }
  try {
    await pump(input, options, flags.workers, counted(sink, stats))
    await sink.close()
    await rejects?.close()
  } finally {
    // Also of an input that fails midway: what came before is out.
    if (flags.stats === true) say(jsonText(stats.report((performance.now() - started) / 1000)))
  }
  if (flags.stats !== true && rejects === null && stats.rejected > 0)
    say(`spillway: ${keptText(stats.rejected)}`)
}

function keptText(rejected: number): string {
  return rejected === 1
    ? '1 line is no record; --rejects FILE keeps it'
    : `${rejected} lines are no records; --rejects FILE keeps them`
}

function counted(sink: Sink, stats: Stats): Sink {
  return {
    ...sink,
    accept: (block) => {
      stats.add(block)
      return sink.accept(block)
    },
  }
}

/** Refuses to write into a file that is read: what is written would be read again, without an end. */
async function checkApart(paths: readonly string[], rejects: string | undefined): Promise<void> {
  const targets = [fstatSync(1)]
  const kept = rejects === undefined ? null : await stat(rejects).catch(() => null)
  if (kept !== null) targets.push(kept)
  for (const path of paths) {
    const input = path === STANDARD_INPUT ? fstatSync(0) : await stat(path)
    if (input.isFile() && targets.some(({ dev, ino }) => dev === input.dev && ino === input.ino))
      throw new Failure(ExitCode.Usage, `${path} is both read and written to`)
  }
}

/** Bytes in all files, or null where one is no regular file. */
async function sizeOf(paths: readonly string[]): Promise<number | null> {
  let size = 0
  for (const path of paths) {
    const found = path === STANDARD_INPUT ? null : await stat(path)
    if (found?.isFile() !== true) return null
    size += found.size
  }
  return size
}
