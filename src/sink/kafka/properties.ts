import type { KafkaOptions } from '../../model/kafka.ts'
import { isSecret } from '../../model/secret.ts'
import type { Client, Properties } from './client.ts'
import { checkSecurity } from './security.ts'

/** Properties of a producer: librdkafka's global ones and those of its topics. */
export interface ProducerProperties {
  readonly global: Properties
  readonly topic: Properties
}

/**
 * What librdkafka's CONFIGURATION.md lists for the topics of a producer. node-rdkafka always sets a
 * topic configuration, which silences those that stand among the global ones.
 */
const TOPIC_LEVEL = new Set([
  'acks',
  'request.required.acks',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'partitioner',
  'queuing.strategy',
  'produce.offset.report',
  'compression.level',
])

/** Properties that have a setting of their own. */
const OWN: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'kafka.brokers',
  'metadata.broker.list': 'kafka.brokers',
  'client.id': 'kafka.client_id',
  'message.max.bytes': 'kafka.max_message_bytes',
  'compression.codec': 'kafka.compression',
  'compression.type': 'kafka.compression',
}
/** Properties that only code can give a value to. */
const CODE = /^(?:topic|partition|opaque|.*_cb)$/
/** Properties without which what is acknowledged might be lost, or what is not be given up. */
const FIXED = new Set([
  'acks',
  'request.required.acks',
  'enable.idempotence',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'transactional.id',
])

/** What a property or its value needs of the build, as `features` names it. */
const NEEDS: readonly (readonly [property: string, value: RegExp, feature: string])[] = [
  ['compression.codec', /^zstd$/i, 'zstd'],
  ['security.protocol', /ssl$/i, 'ssl'],
  ['sasl.oauthbearer.method', /^oidc$/i, 'oidc'],
]

/** Bytes that librdkafka may hold: more than the sink ever gives it, but for one huge block. */
const QUEUE_KBYTES = 65_536
const QUEUE_MESSAGES = 100_000
/** The longest time there is: the spool decides when to give up, and it never does. */
const NEVER_MS = 2_147_483_647
/** Milliseconds until a topic that no broker knows is told: less than until Kafka counts as away. */
const UNKNOWN_TOPIC_MS = 5000

/** The properties of a producer whose messages and batches have `limit` bytes at most. */
export function propertiesOf(options: KafkaOptions, limit: number): ProducerProperties {
  const all: Properties = {
    'bootstrap.servers': options.brokers.join(','),
    'client.id': options.clientId,
    'enable.idempotence': true,
    'compression.codec': options.compression,
    'linger.ms': 5,
    'queue.buffering.max.messages': QUEUE_MESSAGES,
    'queue.buffering.max.kbytes': QUEUE_KBYTES,
    'socket.timeout.ms': 10_000,
    'socket.keepalive.enable': true,
    'reconnect.backoff.ms': 100,
    'reconnect.backoff.max.ms': 5000,
    'retry.backoff.max.ms': 1000,
    'log.connection.close': false,
    'topic.metadata.propagation.max.ms': UNKNOWN_TOPIC_MS,
    acks: -1,
    'message.timeout.ms': NEVER_MS,
    partitioner: 'murmur2_random',
    ...options.librdkafka,
    'message.max.bytes': limit,
    'batch.size': Math.min(limit, Number(options.librdkafka['batch.size'] ?? limit)),
  }
  const level = (topic: boolean): Properties =>
    Object.fromEntries(Object.entries(all).filter(([name]) => TOPIC_LEVEL.has(name) === topic))
  return { global: level(false), topic: level(true) }
}

/** The properties of a consumer that reads partitions from their beginnings to their ends. */
export function consumerPropertiesOf(options: KafkaOptions): Properties {
  const given = Object.entries(options.librdkafka).filter(([name]) => !TOPIC_LEVEL.has(name))
  return {
    ...Object.fromEntries(given),
    'bootstrap.servers': options.brokers.join(','),
    'client.id': options.clientId,
    // Wanted by the client; it is not joined, since partitions are assigned.
    'group.id': `${options.clientId}-verify`,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'enable.partition.eof': true,
    'auto.offset.reset': 'earliest',
  }
}

/**
 * What is wrong with the settings, a sentence each: properties that are not to be set here, what this
 * build of librdkafka lacks, and what it does not know. Connects to nothing.
 */
export function checkProperties(options: KafkaOptions, client: Client): string[] {
  const names = Object.keys(options.librdkafka)
  const mistakes = names.flatMap((name) => {
    if (OWN[name] !== undefined) return [`kafka.librdkafka.${name}: say it with ${OWN[name]}`]
    if (FIXED.has(name)) return [`kafka.librdkafka.${name}: fixed, since delivery depends on it`]
    return CODE.test(name) ? [`kafka.librdkafka.${name}: not to be set here`] : []
  })
  const given: Properties = { 'compression.codec': options.compression, ...options.librdkafka }
  for (const [property, value, feature] of NEEDS)
    if (value.test(String(given[property] ?? '')) && !client.features.includes(feature))
      mistakes.push(
        `kafka: ${property} ${String(given[property])} needs librdkafka built with ${feature}, which this one lacks`,
      )
  mistakes.push(...checkSecurity(options, client.features))
  if (mistakes.length > 0) return mistakes
  const refused = refusalOf(options, client)
  if (refused === null) return []
  // librdkafka tells the first alone, and aliases by a name that was not written.
  const each = names.flatMap((name) => {
    const librdkafka = { [name]: options.librdkafka[name] }
    const why = refusalOf({ ...options, librdkafka }, client)
    return why === null ? [] : [`kafka.librdkafka.${name}: ${withoutSecrets(why, options)}`]
  })
  return each.length > 0 ? each : [`kafka: ${withoutSecrets(refused, options)}`]
}

/** What librdkafka has against the properties; null for nothing. */
function refusalOf(options: KafkaOptions, client: Client): string | null {
  try {
    const { global, topic } = propertiesOf(options, options.maxMessageBytes)
    client.create(global, topic)
    return null
  } catch (error) {
    return (error as Error).message.trim()
  }
}

/** A text of librdkafka without the values of properties that are secret. */
export function withoutSecrets(
  text: string,
  { librdkafka }: Pick<KafkaOptions, 'librdkafka'>,
): string {
  let clean = text
  for (const [name, value] of Object.entries(librdkafka))
    if (isSecret(name) && String(value) !== '') clean = clean.replaceAll(String(value), '…')
  return clean
}
