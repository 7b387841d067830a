import type { KafkaOptions } from '../model/kafka.ts'
import type { ListenAddress } from '../model/listen.ts'

/** What `output` says. */
export type OutputSettings =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'ndjson'; readonly directory: string }
  | { readonly kind: 'kafka'; readonly kafka: KafkaOptions }

/** How an event is written: as JSON, or as the lines it came in. */
export type EventFormat = 'native' | 'raw'

/** Threads that decode: a number, 0 for none but the main one, or as many as the load asks for. */
export type WorkerSettings = number | 'auto'

/** The configuration as written, before defaults: every key may be missing. */
export interface SettingsInput {
  node?: string
  /** `spool`, `-`, or `tcp://HOST:PORT`. */
  input?: string
  spool?: { directory?: string; state?: string }
  output?: string
  format?: EventFormat
  raw?: boolean
  interpreted_prefix?: string
  workers?: WorkerSettings
  rates?: { interval?: number }
  watch?: { file?: string }
  /** `tcp://HOST:PORT` */
  metrics?: { listen?: string }
  alerts?: { exec?: string[] }
  receive?: {
    sync?: boolean
    node_from_address?: boolean
    max_connections?: number
    max_connections_per_address?: number
    idle_timeout?: number
    tls?: { certificate?: string; key?: string; client_ca?: string }
  }
  log?: { level?: LogLevel }
}

/** Where records come from: a spool that the plugin writes, standard input, or a port to listen on. */
export type InputSettings = 'spool' | '-' | { readonly host: string; readonly port: number }

/** How records are received from audisp-remote. */
export interface ReceiveSettings {
  /** A record is acknowledged when it is synced, not when it is written. */
  readonly sync: boolean
  /** A record without node= gets the address it came from as its node. */
  readonly nodeFromAddress: boolean
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Milliseconds of silence after which a connection is closed, 0 for never. */
  readonly idleMs: number
  /** Paths of PEM files; with `clientCa` only clients whose certificate it has signed are let in. */
  readonly tls: {
    readonly certificate: string
    readonly key: string
    readonly clientCa: string | null
  } | null
}

/** From what level on the log is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The configuration with every default filled in. */
export interface Settings {
  /** Name of the host for events whose records name no node. */
  readonly node: string
  readonly input: InputSettings
  readonly spool: { readonly directory: string; readonly state: string }
  readonly output: OutputSettings
  readonly format: EventFormat
  /** Adds the original lines to every event. */
  readonly raw: boolean
  /** Prefix of interpreted fields, '' for upper case alone. */
  readonly interpretedPrefix: string
  readonly workers: WorkerSettings
  /** Milliseconds of one rates interval. */
  readonly ratesInterval: number
  /** What `spillway watch` writes. */
  readonly watchFile: string
  /** Where metrics are answered; null for nowhere. */
  readonly metricsListen: ListenAddress | null
  /** Program and arguments that are run for each alert; empty for none. */
  readonly alertsExec: readonly string[]
  readonly receive: ReceiveSettings
  readonly logLevel: LogLevel
}
