import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import { HEADERS, type KafkaOptions, type PropertyValue } from '../model/kafka.ts'
import { isSecret } from '../model/secret.ts'
import { ABSOLUTE, NAME, setting } from './setting.ts'

const BROKER = /^(?:\[[\da-f:.]+\]|[^\s,/:[\]]+):(\d{1,5})$/i
const LAST_PORT = 65_535
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/

/** The section `kafka`. */
export const kafkaSection: z.ZodType<FilledKafka> = z
  .strictObject({
    brokers: setting(z.array(z.string().refine(isBroker)).min(1).default(['localhost:9092']), {
      says: 'Brokers to begin with; the others are learned from them.',
      allowed: 'a list of host:port, at least one',
    }),
    client_id: setting(z.string().regex(NAME).default('spillway'), {
      says: 'Name by which brokers know this client, in their logs and quotas.',
      allowed: 'a name without spaces',
    }),
    topics: z
      .strictObject({
        events: topic('audit.events', 'Topic of events.'),
        raw: setting(z.string().regex(TOPIC).optional(), {
          says: 'Topic of the lines of each event, as auditd writes them.',
          allowed: 'up to 249 letters, digits, . _ -; default: they are not sent',
          example: 'audit.raw',
        }),
        rates: topic('audit.rates', 'Topic of rates.'),
        alerts: topic('audit.alerts', 'Topic of alerts.'),
        rejects: topic('audit.rejects', 'Topic of lines that are no records.'),
      })
      .prefault({}),
    key: setting(z.enum(['node', 'id', 'none']).default('node'), {
      says: 'Key of messages. node keeps the events of a host in order; id and none spread them.',
      allowed: 'node, id, none',
    }),
    timestamp: setting(z.enum(['event', 'now']).default('event'), {
      says: 'Time of an event message: that of the event, or that of its sending.',
      allowed: 'event, now',
    }),
    headers: setting(z.array(z.enum(HEADERS)).default([...HEADERS]), {
      says: 'Headers of an event message. Each costs time: see docs/configuration.md.',
      allowed: `a list of ${HEADERS.join(', ')}`,
    }),
    max_message_bytes: setting(z.int().min(32_768).max(1_000_000_000).default(1_000_000), {
      says: 'Bytes of one message at most; a larger event is sent in parts.',
      allowed:
        'a whole number from 32768 to 1000000000, no more than max.message.bytes of the topic',
    }),
    compression: setting(z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('lz4'), {
      says: 'Compression of batches.',
      allowed: 'none, gzip, snappy, lz4, zstd',
    }),
    oauth_token_file: setting(z.string().regex(ABSOLUTE).optional(), {
      says: 'File with the token for SASL OAUTHBEARER, read again as it changes.',
      allowed: 'an absolute path; default: none',
      example: '/run/spillway/token',
    }),
    librdkafka: setting(
      z
        .record(
          z.string(),
          z.union([
            z.string(),
            z.number(),
            z.boolean(),
            z.strictObject({ file: z.string().regex(ABSOLUTE) }),
          ]),
        )
        .default({}),
      {
        says: 'Properties of librdkafka, passed on as they are: TLS, SASL, tuning.',
        allowed: 'names with a value each, or {file: PATH} for a value that stands in a file',
      },
    ),
  })
  .prefault({})

/** The section `kafka` as written, with its defaults. */
export interface FilledKafka {
  readonly brokers: readonly string[]
  readonly client_id: string
  readonly topics: Omit<KafkaOptions['topics'], 'raw'> & { readonly raw?: string | undefined }
  readonly key: KafkaOptions['key']
  readonly timestamp: KafkaOptions['timestamp']
  readonly headers: KafkaOptions['headers']
  readonly max_message_bytes: number
  readonly compression: KafkaOptions['compression']
  readonly oauth_token_file?: string | undefined
  readonly librdkafka: Readonly<Record<string, PropertyValue | { readonly file: string }>>
}

function isBroker(text: string): boolean {
  const port = Number(BROKER.exec(text)?.[1] ?? 0)
  return port > 0 && port <= LAST_PORT
}

function topic(name: string, says: string): z.ZodDefault<z.ZodString> {
  return setting(z.string().regex(TOPIC).default(name), {
    says,
    allowed: 'up to 249 letters, digits, . _ -',
  })
}

/** The settings that the section says, with what it names in files read. */
export function kafkaOf(filled: FilledKafka): KafkaOptions {
  const { brokers, topics, key, timestamp, headers, compression } = filled
  const { oauth_token_file: token, librdkafka } = filled
  if (token !== undefined) refuseOpenFile('kafka.oauth_token_file', token)
  for (const name of KEY_FILES) {
    const file = librdkafka[name]
    if (typeof file === 'string') refuseOpenFile(`kafka.librdkafka.${name}`, file)
  }
  return {
    brokers,
    clientId: filled.client_id,
    topics: { ...topics, raw: topics.raw ?? null },
    key,
    timestamp,
    headers,
    maxMessageBytes: filled.max_message_bytes,
    compression,
    oauthTokenFile: token ?? null,
    librdkafka: Object.fromEntries(
      Object.entries(librdkafka).map(([name, value]) => [
        name,
        typeof value === 'object' ? readValue(name, value.file) : value,
      ]),
    ),
  }
}

/** Names of the settings in a configuration as written that hold a secret themselves. */
export function secretsIn(input: unknown): string[] {
  const { kafka } = (input ?? {}) as { kafka?: { librdkafka?: Record<string, unknown> } | null }
  return Object.entries(kafka?.librdkafka ?? {})
    .filter(([name, value]) => isSecret(name) && typeof value !== 'object')
    .map(([name]) => `kafka.librdkafka.${name}`)
}

/** Properties that name a file with a private key in it. */
const KEY_FILES = ['ssl.key.location', 'ssl.keystore.location']
const ANY_BY_OTHERS = 0o007

/** Refuses a file with a secret in it that others may use. One that is missing is for its reader to tell. */
function refuseOpenFile(name: string, path: string): void {
  if (((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & ANY_BY_OTHERS) === 0) return
  throw new Failure(ExitCode.Config, `${name}: others may use ${path}: chmod o= it`)
}

function readValue(name: string, path: string): string {
  if (isSecret(name)) refuseOpenFile(`kafka.librdkafka.${name}`, path)
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch (error) {
    const message = `kafka.librdkafka.${name}: cannot read ${path}: ${reasonOf(error)}`
    throw new Failure(ExitCode.Config, message, { cause: error })
  }
}
