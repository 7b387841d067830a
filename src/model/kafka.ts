/** What librdkafka takes as the value of a property. */
export type PropertyValue = string | number | boolean

/** Headers that an event may carry. */
export const HEADERS = ['id', 'pos', 'schema', 'keys'] as const
export type HeaderName = (typeof HEADERS)[number]

/** What the section `kafka` says (docs/configuration.md), of use with the output `kafka`. */
export interface KafkaOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly topics: {
    readonly events: string
    /** The lines of each event; null where they are not sent. */
    readonly raw: string | null
    readonly rates: string
    readonly alerts: string
    readonly rejects: string
  }
  /** What the key of an event's message is. */
  readonly key: 'node' | 'id' | 'none'
  /** Whose time a message carries: that of the event, or that of its sending. */
  readonly timestamp: 'event' | 'now'
  /** Headers of an event; a part of one has `id` and `pos` anyway. */
  readonly headers: readonly HeaderName[]
  /** Bytes of one message at most, key and headers included; a larger event is sent in parts. */
  readonly maxMessageBytes: number
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** File with the token for SASL OAUTHBEARER, read again as it changes; null where none is used. */
  readonly oauthTokenFile: string | null
  /** Properties of librdkafka, passed on as they are; those in files are read. */
  readonly librdkafka: Readonly<Record<string, PropertyValue>>
}
