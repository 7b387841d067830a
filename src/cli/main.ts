import { Command, CommanderError } from 'commander'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { packageVersion } from '../version.ts'
import { say } from './terminal.ts'

const AFTER_HELP = `
Examples:
  spillway decode /var/log/audit/audit.log | jq .EVENT.keys
  spillway decode --stats --rejects bad.ndjson audit.log.1.gz > events.ndjson
  spillway config example > /etc/spillway/spillway.yaml
  spillway run --output stdout
  spillway demo

Exit codes:
  0  done; also when the reader of standard output leaves
  1  a fault of spillway or the machine
  2  wrong use: unknown option, missing argument
  3  input that cannot be read
  4  a configuration that does not hold
  5  a spool that cannot be used
  6  a sink that cannot be written: disk full, not permitted
  7  something is missing, of what verify was shown or reconcile compared
  10  selftest: the kernel, which does not audit
  11  selftest: auditd
  12  selftest: the plugin that auditd was to start
  13  selftest: the shim
  14  selftest: the spool
  15  selftest: the service
  16  selftest: the sink
  20  status: the service does not run, or does not move
  21  status: a critical alert is open`

/** The commands, in the order of the help; what a command needs is loaded with it. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  decode: async () => (await import('./decode.ts')).decodeCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  top: async () => (await import('./top.ts')).topCommand(),
  reconcile: async () => (await import('./reconcile.ts')).reconcileCommand(),
  watch: async () => (await import('./watch.ts')).watchCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  generate: async () => (await import('./generate.ts')).generateCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
  install: async () => (await import('./install.ts')).installCommand(),
  selftest: async () => (await import('./selftest.ts')).selftestCommand(),
  uninstall: async () => (await import('./uninstall.ts')).uninstallCommand(),
}

/** The command line with the one command that `args` names, or with all. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('spillway')
    .description(
      'Drains the Linux audit stream without losing a record, counts rates per rule key, and names the rule that floods.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--debug', 'print the stack of an error; before the command')
    .addHelpText('after', AFTER_HELP)
  const named = args.find((arg) => !arg.startsWith('-')) ?? ''
  const loads = Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]] : Object.values(COMMANDS)
  for (const load of loads) program.addCommand(await load())
  prepare(program)
  return program
}

/** Makes every command throw instead of exiting, and say its mistakes in one line. */
function prepare(command: Command): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureOutput({
      outputError: (text) => say(`spillway: ${oneLine(text.replace(/^error: /, ''))}`),
    })
  for (const inner of command.commands) prepare(inner)
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ')

/**
 * Runs one command line (without program and script) and ends the process with its exit code. A
 * mistake is one line each on standard error.
 */
export async function main(args: readonly string[]): Promise<void> {
  const debug = args.includes('--debug')
  process.once('uncaughtException', (error) => process.exit(report(error, debug)))
  let code: number = ExitCode.Ok
  try {
    const program = await createProgram(args)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    code = report(error, debug)
  }
  process.exit(code)
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage
  if (debug && error instanceof Error) for (const line of (error.stack ?? '').split('\n')) say(line)
  if (error instanceof Failure) {
    if (error.code !== ExitCode.Ok && error.message !== '')
      for (const line of error.message.split('\n')) say(`spillway: ${line}`)
    return error.code
  }
  const hint = debug ? '' : ' (--debug before the command shows where)'
  say(`spillway: unexpected error: ${oneLine(reasonOf(error))}${hint}`)
  return ExitCode.Fault
}
