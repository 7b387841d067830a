import { ExitCode, Failure } from '../../model/failure.ts'
import type { KafkaOptions } from '../../model/kafka.ts'
import { type Client, loadClient } from './client.ts'
import { checkProperties } from './properties.ts'

/**
 * Loads the client and sees whether its librdkafka could do what the settings say, without connecting to
 * anything. A `Failure` names what is missing or not known, a line each.
 */
export async function checkKafka(options: KafkaOptions): Promise<Client> {
  const client = await loadClient()
  const mistakes = checkProperties(options, client)
  if (mistakes.length > 0) throw new Failure(ExitCode.Config, mistakes.join('\n'))
  return client
}
