import { describe, expect, it } from 'vitest'
import type { KafkaOptions } from '../../../src/model/kafka.ts'
import { checkFiles, checkKafka } from '../../../src/sink/kafka/check.ts'
import { optionsOf } from './options.ts'

const hasKafka = await import('node-rdkafka').then(
  () => true,
  () => false,
)
if (!hasKafka) process.stderr.write('checks by librdkafka are SKIPPED: there is no node-rdkafka\n')

function options(
  librdkafka: KafkaOptions['librdkafka'],
  over: Partial<KafkaOptions> = {},
): KafkaOptions {
  return optionsOf({ librdkafka, ...over })
}

describe.skipIf(!hasKafka)('what librdkafka has against properties', () => {
  const mistakes = async (librdkafka: KafkaOptions['librdkafka']): Promise<string[]> => {
    const error = await checkKafka(options(librdkafka)).then(
      () => null,
      (reason: unknown) => reason as Error,
    )
    return error === null ? [] : error.message.split('\n')
  }

  it('is nothing where they hold', async () => {
    expect(await mistakes({ 'linger.ms': 5, 'request.timeout.ms': 20_000 })).toEqual([])
  })

  it('is told of each, by the name under which it was written', async () => {
    expect(await mistakes({ 'linger.ms': 'soon', lingerms: 5, 'retry.backoff.ms': 10 })).toEqual([
      expect.stringMatching(/^kafka\.librdkafka\.linger\.ms: Invalid value/),
      'kafka.librdkafka.lingerms: No such configuration property: "lingerms"',
    ])
  })

  it('is told without the value of a secret', async () => {
    const [told] = await mistakes({
      'security.protocol': 'ssl',
      'ssl.key.password': 'hunter2',
      'batch.size': 'hunter2',
    })
    expect(told).not.toContain('hunter2')
  })
})

describe('a file that a connection needs', () => {
  it('is named where it cannot be read, with its setting', () => {
    const named = {
      'ssl.ca.location': '/nonexistent/ca.pem',
      'ssl.key.location': import.meta.filename,
    }
    const missing = options(named, { oauthTokenFile: '/nonexistent/token' })
    expect(() => checkFiles(missing)).toThrow(
      [
        'kafka.librdkafka.ssl.ca.location: cannot read /nonexistent/ca.pem: no such file or directory',
        'kafka.oauth_token_file: cannot read /nonexistent/token: no such file or directory',
      ].join('\n'),
    )
    expect(() => checkFiles(options({ 'ssl.ca.location': 'probe' }))).not.toThrow()
  })
})
