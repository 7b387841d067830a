import { readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { settingsOf } from '../config/load.ts'
import type { Mistake } from '../migrate/lines.ts'
import { migrate } from '../migrate/migrate.ts'
import type { Finding } from '../migrate/option.ts'
import { readPlugin } from '../migrate/plugin.ts'
import { codeOf, ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { print, say } from './terminal.ts'

interface Flags {
  readonly plugin?: string
  readonly output?: string
}

const AFTER_HELP = `
For each option of the file one line on standard error says what became of it:
  set       a setting of Spillway, which is in the result
  always    so in any case
  nothing   it has no meaning here
  by hand   something to decide or do
The result is a configuration of Spillway, on standard output or in a new file.

Examples:
  spillway migrate /etc/audit/audisp-remote.conf
  spillway migrate /etc/audit/audisp-remote.conf --plugin /etc/audit/plugins.d/au-remote.conf --output /etc/spillway/spillway.yaml`

/** `spillway migrate`: from audisp-remote's configuration to ours. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('say what becomes of each option of audisp-remote, and make a configuration')
    .argument('<audisp-remote.conf>', 'configuration of audisp-remote')
    .option('--plugin <file>', 'its file in plugins.d')
    .option('--output <file>', 'where to write the configuration, which must not be there')
    .addHelpText('after', AFTER_HELP)
    .action(run)
}

async function run(file: string, { plugin, output }: Flags): Promise<void> {
  const { findings, mistakes, settings } = migrate(read(file), file)
  const of = plugin === undefined ? null : readPlugin(read(plugin))
  const wrong = [
    ...mistakes.map((mistake) => told(file, mistake)),
    ...(of?.mistakes.map((mistake) => told(plugin ?? '', mistake)) ?? []),
  ]
  tell(file, findings)
  tell(plugin ?? '', of?.findings ?? [])
  if (wrong.length > 0) throw new Failure(ExitCode.Config, wrong.join('\n'))
  settingsOf(settings, output ?? 'the result')
  if (output === undefined) await print(settings)
  else write(output, settings)
}

function tell(file: string, findings: readonly Finding[]): void {
  for (const { line, option, value, fate, here } of findings)
    say(`${file}:${line}: ${option} = ${value}: ${fate}: ${here}`)
}

function told(file: string, { line, text }: Mistake): string {
  return `${file}:${line}: ${text}`
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = `cannot read ${file}: ${reasonOf(error)}`
    throw new Failure(ExitCode.Input, reason, { cause: error })
  }
}

function write(file: string, settings: string): void {
  try {
    writeFileSync(file, settings, { flag: 'wx', mode: 0o640 })
  } catch (error) {
    const why = codeOf(error) === 'EEXIST' ? 'it is there already' : reasonOf(error)
    throw new Failure(ExitCode.Config, `cannot write ${file}: ${why}`, { cause: error })
  }
}
