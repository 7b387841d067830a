import type { KafkaOptions } from '../../model/kafka.ts'
import type { Properties } from './client.ts'

/** Mechanisms of SASL, by the names that librdkafka and Kafka know, and what each needs of the build. */
const MECHANISMS: ReadonlyMap<string, string> = new Map([
  ['PLAIN', 'sasl_plain'],
  ['SCRAM-SHA-256', 'sasl_scram'],
  ['SCRAM-SHA-512', 'sasl_scram'],
  ['OAUTHBEARER', 'sasl_oauthbearer'],
  ['GSSAPI', 'sasl_gssapi'],
])
/** What librdkafka logs in with where no mechanism is said. */
const DEFAULT_MECHANISM = 'GSSAPI'
const PROTOCOLS = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']

/**
 * What is wrong with how a connection is to be encrypted and logged in, a sentence each. librdkafka finds none of it
 * before it connects, and some of it never: it would send in the clear what was meant to be encrypted.
 */
export function checkSecurity(options: KafkaOptions, features: readonly string[]): string[] {
  const { librdkafka: given, oauthTokenFile } = options
  const protocol = String(given['security.protocol'] ?? 'plaintext').toLowerCase()
  if (!PROTOCOLS.includes(protocol)) return []
  const mistakes: string[] = []
  const ssl = Object.keys(given).find((name) => name.startsWith('ssl.'))
  if (ssl !== undefined && !protocol.endsWith('ssl'))
    mistakes.push(
      `kafka.librdkafka.${ssl}: nothing is encrypted while security.protocol is ${protocol}; set it to ssl or sasl_ssl`,
    )
  if (protocol.startsWith('sasl')) mistakes.push(...checkLogin(options, features))
  else if (mechanismIn(given) !== undefined)
    mistakes.push(
      `kafka.librdkafka.sasl.mechanisms: nobody logs in while security.protocol is ${protocol}; set it to sasl_ssl`,
    )
  if (oauthTokenFile !== null && mechanismIn(given) !== 'OAUTHBEARER')
    mistakes.push('kafka.oauth_token_file: is read with sasl.mechanisms OAUTHBEARER alone')
  return mistakes
}

function checkLogin(options: KafkaOptions, features: readonly string[]): string[] {
  const { librdkafka: given } = options
  const said = mechanismIn(given)
  const mechanism = said ?? DEFAULT_MECHANISM
  const needs = MECHANISMS.get(mechanism)
  const here = [...MECHANISMS].filter(([, feature]) => features.includes(feature))
  const has = `this build of librdkafka has ${here.map(([name]) => name).join(', ')}`
  const setting = 'kafka.librdkafka.sasl.mechanisms'
  if (needs === undefined) return [`${setting}: ${mechanism} is no mechanism; ${has}`]
  if (!features.includes(needs)) {
    const what = said === undefined ? `not set, which means ${mechanism}` : mechanism
    return [`${setting}: ${what}; it needs librdkafka built with ${needs}; ${has}`]
  }
  if (mechanism === 'OAUTHBEARER')
    return hasToken(options)
      ? []
      : [`${setting}: OAUTHBEARER needs kafka.oauth_token_file, or sasl.oauthbearer.method oidc`]
  if (mechanism === 'GSSAPI') return []
  return ['sasl.username', 'sasl.password']
    .filter((name) => String(given[name] ?? '') === '')
    .map((name) => `kafka.librdkafka.${name}: ${mechanism} needs one`)
}

/** Whether there is somebody to give tokens. */
function hasToken({ librdkafka: given, oauthTokenFile }: KafkaOptions): boolean {
  return (
    oauthTokenFile !== null ||
    String(given['sasl.oauthbearer.method'] ?? '').toLowerCase() === 'oidc' ||
    String(given['enable.sasl.oauthbearer.unsecure.jwt'] ?? '') === 'true'
  )
}

function mechanismIn(given: Properties): string | undefined {
  const said = given['sasl.mechanisms'] ?? given['sasl.mechanism']
  return said === undefined ? undefined : String(said)
}
