import { accessSync, constants } from 'node:fs'
import { ExitCode, Failure, reasonOf } from '../../model/failure.ts'
import type { KafkaOptions } from '../../model/kafka.ts'
import { type Client, loadClient } from './client.ts'
import { checkProperties } from './properties.ts'

/** Properties that name files or directories, of librdkafka's CONFIGURATION.md. */
const FILES = [
  'ssl.ca.location',
  'ssl.certificate.location',
  'ssl.crl.location',
  'ssl.key.location',
  'ssl.keystore.location',
  'sasl.kerberos.keytab',
]
/** What `ssl.ca.location` may say instead: the authorities of the system. */
const PROBE = 'probe'

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

/**
 * Sees whether the files that a connection needs can be read. They are looked for when it is made, so that a
 * service starts without them. A `Failure` names those that cannot, a line each.
 */
export function checkFiles({ librdkafka, oauthTokenFile }: KafkaOptions): void {
  const named = FILES.map((name) => [`librdkafka.${name}`, String(librdkafka[name] ?? PROBE)])
  if (oauthTokenFile !== null) named.push(['oauth_token_file', oauthTokenFile])
  const mistakes = named.flatMap(([name, path]) => {
    if (path === PROBE) return []
    try {
      accessSync(path, constants.R_OK)
      return []
    } catch (error) {
      return [`kafka.${name}: cannot read ${path}: ${reasonOf(error)}`]
    }
  })
  if (mistakes.length > 0) throw new Failure(ExitCode.Config, mistakes.join('\n'))
}
