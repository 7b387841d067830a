import { Command } from 'commander'
import { exampleConfig } from '../config/example.ts'
import { DEFAULT_CONFIG, loadSettings } from '../config/load.ts'
import { jsonSchema } from '../config/schema.ts'
import { checkFiles, checkKafka } from '../sink/kafka/check.ts'
import { print } from './terminal.ts'

const AFTER_HELP = `
Examples:
  spillway config example > /etc/spillway/spillway.yaml
  spillway config check
  spillway config check ./spillway.yaml
  spillway config schema > spillway.schema.json`

/** `spillway config check|example|schema`. */
export function configCommand(): Command {
  const command = new Command('config')
    .description('check, show or describe the configuration')
    .addHelpText('after', AFTER_HELP)
  command
    .command('check')
    .description('check a configuration: every mistake with line, what was found, what is allowed')
    .argument('[FILE]', 'the configuration', DEFAULT_CONFIG)
    .action(async (file: string) => {
      const { output } = loadSettings(file)
      if (output.kind === 'kafka') {
        await checkKafka(output.kafka)
        checkFiles(output.kafka)
      }
      await print(`${file} holds\n`)
    })
  command
    .command('example')
    .description('print a commented configuration with every default')
    .action(() => print(exampleConfig()))
  command
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .action(() => print(`${JSON.stringify(jsonSchema(), null, 2)}\n`))
  return command
}
