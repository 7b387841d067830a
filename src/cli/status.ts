import { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import { ExitCode, Failure } from '../model/failure.ts'
import { judge, neverRan, parseStatus, readStatusText } from './health.ts'
import { statusLines } from './status-view.ts'
import { print, printLine } from './terminal.ts'

interface Flags {
  readonly config?: string
  readonly json?: true
}

const AFTER_HELP = `
Reads what the service writes into its state directory (spool.state) at most once a second.
Ends with 0 when the service runs and no critical alert is open, with 20 when it does not run or has
told nothing for 150 s, with 21 when a critical alert is open.

Examples:
  spillway status
  spillway status --json | jq '.origins[0] | {key, by: .together[0]}'`

/** `spillway status`: how the service stands, on one screen. */
export function statusCommand(): Command {
  return new Command('status')
    .description('show how the service stands: lag, rates, alerts, sink and kernel')
    .option(
      '--config <file>',
      'configuration of the service (default: /etc/spillway/spillway.yaml)',
    )
    .option('--json', 'print the status file as it is')
    .addHelpText('after', AFTER_HELP)
    .action(status)
}

async function status({ config, json }: Flags): Promise<void> {
  const { state } = loadSettings(config ?? null).spool
  const text = readStatusText(state)
  if (text === null) {
    const { code, verdict } = neverRan(state)
    throw new Failure(code, verdict)
  }
  const written = parseStatus(text)
  const now = Date.now()
  const health = judge(written, now)
  if (json) await print(text)
  else {
    // A serial console does not say how wide it is.
    const columns = process.stdout.columns || Number.POSITIVE_INFINITY
    for (const line of statusLines(written, health, now, columns)) await printLine(line)
  }
  // The first line of the screen has said it.
  if (health.code !== ExitCode.Ok) throw new Failure(health.code, '')
}
