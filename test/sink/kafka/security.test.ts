import { describe, expect, it } from 'vitest'
import type { KafkaOptions } from '../../../src/model/kafka.ts'
import { checkSecurity } from '../../../src/sink/kafka/security.ts'
import { optionsOf } from './options.ts'

/** As the distribution has it: no Kerberos. */
const FEATURES = ['ssl', 'sasl', 'sasl_plain', 'sasl_scram', 'sasl_oauthbearer']
const LOGIN = { 'sasl.username': 'me', 'sasl.password': 'x' }

function mistakes(
  librdkafka: KafkaOptions['librdkafka'],
  oauthTokenFile: string | null = null,
  features: readonly string[] = FEATURES,
): string[] {
  return checkSecurity(optionsOf({ librdkafka, oauthTokenFile }), features)
}

describe('how a connection is encrypted and logged in', () => {
  it.each([
    {},
    { 'security.protocol': 'plaintext' },
    { 'security.protocol': 'SSL', 'ssl.ca.location': '/ca.pem' },
    { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'SCRAM-SHA-512', ...LOGIN },
    { 'security.protocol': 'sasl_plaintext', 'sasl.mechanism': 'PLAIN', ...LOGIN },
    {
      'security.protocol': 'sasl_ssl',
      'sasl.mechanisms': 'OAUTHBEARER',
      'sasl.oauthbearer.method': 'OIDC',
    },
  ])('holds: %o', (properties) => {
    expect(mistakes(properties)).toEqual([])
  })

  it('holds with a token file, and for Kerberos where the build has it', () => {
    const oauth = { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'OAUTHBEARER' }
    expect(mistakes(oauth, '/run/token')).toEqual([])
    expect(mistakes({ 'security.protocol': 'sasl_ssl' }, null, ['sasl_gssapi'])).toEqual([])
  })

  it.each([
    [
      'a mechanism that is none',
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'SCRAM-SHA512', ...LOGIN },
      'kafka.librdkafka.sasl.mechanisms: SCRAM-SHA512 is no mechanism; this build of librdkafka has PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
    ],
    [
      'one in small letters',
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanism': 'plain', ...LOGIN },
      /^kafka\.librdkafka\.sasl\.mechanisms: plain is no mechanism;/,
    ],
    [
      'one that the build lacks',
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'GSSAPI' },
      /mechanisms: GSSAPI; it needs librdkafka built with sasl_gssapi; this build of librdkafka has PLAIN,/,
    ],
    [
      'none, which is Kerberos',
      { 'security.protocol': 'sasl_ssl', ...LOGIN },
      /mechanisms: not set, which means GSSAPI; it needs/,
    ],
    [
      'a user without a password',
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'PLAIN', 'sasl.username': 'me' },
      'kafka.librdkafka.sasl.password: PLAIN needs one',
    ],
    [
      'nobody to give tokens',
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'OAUTHBEARER' },
      'kafka.librdkafka.sasl.mechanisms: OAUTHBEARER needs kafka.oauth_token_file, or sasl.oauthbearer.method oidc',
    ],
    [
      'a CA for a connection that is not encrypted',
      { 'ssl.ca.location': '/ca.pem' },
      'kafka.librdkafka.ssl.ca.location: nothing is encrypted while security.protocol is plaintext; set it to ssl or sasl_ssl',
    ],
    [
      'a login where nobody logs in',
      { 'security.protocol': 'ssl', 'sasl.mechanisms': 'PLAIN', ...LOGIN },
      'kafka.librdkafka.sasl.mechanisms: nobody logs in while security.protocol is ssl; set it to sasl_ssl',
    ],
  ])('is a mistake with %s', (_what, properties, says) => {
    const said = mistakes(properties)
    expect(said).toHaveLength(1)
    expect(said[0]).toEqual(typeof says === 'string' ? says : expect.stringMatching(says))
  })

  it('is a mistake with a token that nobody reads', () => {
    expect(mistakes({}, '/run/token')).toEqual([
      'kafka.oauth_token_file: is read with sasl.mechanisms OAUTHBEARER alone',
    ])
  })

  it('is left to librdkafka where the protocol is none', () => {
    expect(mistakes({ 'security.protocol': 'tls', 'ssl.ca.location': '/ca.pem' })).toEqual([])
  })
})
