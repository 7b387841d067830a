import { ExitCode, Failure, reasonOf } from '../../model/failure.ts'
import type { PropertyValue } from '../../model/kafka.ts'

/** Properties of librdkafka, by name. */
export type Properties = Readonly<Record<string, PropertyValue>>

/** One header of a message. The addon reads the first property of the object alone, as UTF-8. */
export type Header = Record<string, string>

/** What is told of a message that left the producer's hands, one way or the other. */
export interface Report {
  /** What was given to `produce` with the message. */
  readonly opaque?: unknown
}

/** The part of node-rdkafka's producer that is used. */
export interface RawProducer {
  on(event: 'delivery-report', listener: (error: Error | null, report: Report) => void): unknown
  on(event: 'event.error', listener: (error: Error) => void): unknown
  on(
    event: 'event.log',
    listener: (line: { readonly fac: string; readonly message: string }) => void,
  ): unknown
  connect(options: object, done: (error: Error | null) => void): unknown
  disconnect(timeout: number, done: () => void): unknown
  /** Whether there is a handle to poll; a broker need not have answered yet. */
  isConnected(): boolean
  poll(): unknown
  setOauthBearerToken(token: string): unknown
  produce(
    topic: string,
    partition: null,
    value: Buffer,
    key: Buffer | null,
    timestamp: number,
    opaque: unknown,
    headers: readonly Header[] | undefined,
  ): unknown
}

/** A message that was read. */
export interface RawMessage {
  readonly partition: number
  readonly offset: number
  readonly value: Buffer | null
  readonly headers?: readonly Readonly<Record<string, Buffer | string>>[]
}

/** A place in a topic. */
export interface Offset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The part of node-rdkafka's consumer that is used. */
export interface RawConsumer {
  on(event: 'event.error', listener: (error: Error) => void): unknown
  on(event: 'partition.eof', listener: (end: { readonly partition: number }) => void): unknown
  connect(options: object, done: (error: Error | null, metadata: never) => void): unknown
  disconnect(done: () => void): unknown
  setOauthBearerToken(token: string): unknown
  setDefaultConsumeTimeout(ms: number): void
  /** Of each place, whose `offset` is a time in ms here, the first message that is not older; -1 for none. */
  offsetsForTimes(
    places: readonly Offset[],
    timeout: number,
    done: (error: Error | null, found: readonly Offset[]) => void,
  ): unknown
  assign(places: readonly Offset[]): unknown
  consume(most: number, done: (error: Error | null, messages: RawMessage[]) => void): unknown
}

/** The Kafka client: node-rdkafka, as far as it is used. */
export interface Client {
  /** What its librdkafka was built with: `zstd`, `sasl_gssapi`, `oidc` and others. */
  readonly features: readonly string[]
  /** Makes a producer; throws where a property or its value is not known. Connects to nothing yet. */
  create(global: Properties, topic: Properties): RawProducer
  /** Makes a consumer; connects to nothing yet. */
  consume(global: Properties): RawConsumer
}

/**
 * Loads node-rdkafka, an optional package that is compiled where it is installed; a `Failure` says how
 * to get it. Main thread only: in a worker thread the addon ends the process.
 */
export async function loadClient(): Promise<Client> {
  try {
    const { default: addon } = await import('node-rdkafka')
    return {
      features: addon.features,
      create: (global, topic) =>
        new addon.Producer({ ...global, dr_cb: true }, { ...topic }) as unknown as RawProducer,
      consume: (global) => new addon.KafkaConsumer({ ...global }, {}) as unknown as RawConsumer,
    }
  } catch (error) {
    const reason = reasonOf(error).split('\n', 1)[0]
    throw new Failure(
      ExitCode.Sink,
      `Kafka needs the package node-rdkafka, which cannot be loaded (${reason}); install it with: npm install node-rdkafka`,
      { cause: error },
    )
  }
}
