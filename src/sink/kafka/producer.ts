import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Header, RawProducer } from './client.ts'
import type { ProducerProperties } from './properties.ts'

/** Milliseconds between polls while reports are due, and while none is. */
const BUSY_POLL_MS = 5
const IDLE_POLL_MS = 2000
/** Milliseconds that a broker has to answer the first request. */
const CONNECT_MS = 5000
/** Milliseconds between polls until it has. */
const CONNECT_POLL_MS = 100
/** Milliseconds a disconnect may flush by itself, after the reports were awaited. */
const DISCONNECT_MS = 200
/** librdkafka's RD_KAFKA_RESP_ERR__QUEUE_FULL: the message was not taken, and may be later. */
const QUEUE_FULL = -184

/** What a producer tells, always from a turn of its own. */
export interface ProducerHooks {
  /** A message was acknowledged, or not, and why. */
  readonly onReport: (opaque: unknown, error: string | null) => void
  /** Something is wrong with the connection or the producer. */
  readonly onError: (text: string) => void
  /** Called after each poll. */
  readonly onPoll: () => void
  /** The token for SASL OAUTHBEARER, where one is used. */
  readonly token: (() => string) | null
}

/** What became of a message given to a producer: taken, not now, or why not. */
export type Taken = { readonly error: string | null } | 'full'

const TAKEN: Taken = { error: null }

/**
 * One producer of librdkafka, connected once and never again: after a failed connect, and after a fatal
 * error, another one takes its place.
 */
export class Producer {
  readonly #raw: RawProducer
  readonly #hooks: ProducerHooks
  #outstanding = 0
  #busySince = 0
  #interval = 0
  #closed = false
  /** Disconnected: what is told of a message from now on comes too late. */
  #gone = false
  #timer: NodeJS.Timeout | undefined

  private constructor(raw: RawProducer, hooks: ProducerHooks) {
    this.#raw = raw
    this.#hooks = hooks
    raw.on('delivery-report', (error, report) => {
      if (this.#gone) return
      this.#outstanding--
      hooks.onReport(report.opaque, error === null ? null : textOf(error))
      if (this.#outstanding === 0) this.#pace()
    })
  }

  /** Connects; rejects with what the broker or the client said, once all of it is torn down again. */
  static async connect(
    client: Client,
    { global, topic }: ProducerProperties,
    hooks: ProducerHooks,
  ): Promise<Producer> {
    const raw = client.create(global, topic)
    let why = ''
    raw.on('event.log', ({ fac, message }) => {
      if (fac === 'FAIL') why = reasonIn(message)
    })
    raw.on('event.error', (error) => hooks.onError(textOf(error)))
    const producer = new Producer(raw, hooks)
    if (hooks.token !== null) raw.setOauthBearerToken(hooks.token())
    // A connect that fails says no more than that; why is in the log, which a poll hands out.
    const listen = setInterval(() => {
      if (raw.isConnected()) raw.poll()
    }, CONNECT_POLL_MS)
    await new Promise<void>((resolve, reject) => {
      raw.connect({ allTopics: false, timeout: CONNECT_MS }, (error) => {
        clearInterval(listen)
        if (error) reject(new Error(why || textOf(error)))
        else resolve()
      })
    })
    producer.#pace()
    return producer
  }

  /** Since when reports are due, by `performance.now`; null while none is. */
  get busySince(): number | null {
    return this.#outstanding > 0 ? this.#busySince : null
  }

  /** Hands over one message; its memory is free again at once. */
  produce(
    topic: string,
    value: Buffer,
    key: Buffer | null,
    timestamp: number,
    opaque: unknown,
    headers: readonly Header[] | undefined,
  ): Taken {
    try {
      this.#raw.produce(topic, null, value, key, timestamp, opaque, headers)
    } catch (error) {
      return (error as { code?: unknown }).code === QUEUE_FULL ? 'full' : { error: textOf(error) }
    }
    if (this.#outstanding++ === 0) {
      this.#busySince = performance.now()
      this.#pace()
    }
    return TAKEN
  }

  /** Takes a newer token for SASL OAUTHBEARER. */
  renew(token: string): void {
    this.#raw.setOauthBearerToken(token)
  }

  /**
   * Waits at most `ms` for the reports that are due, since a disconnect loses them, then disconnects.
   */
  async close(ms: number): Promise<void> {
    const until = performance.now() + ms
    while (this.#outstanding > 0 && performance.now() < until) await sleep(BUSY_POLL_MS)
    this.#closed = true
    clearInterval(this.#timer)
    await new Promise<void>((resolve) => {
      this.#raw.disconnect(DISCONNECT_MS, resolve)
    })
    this.#gone = true
  }

  #pace(): void {
    // Reports may still come in while it disconnects.
    if (this.#closed) return
    const interval = this.#outstanding > 0 ? BUSY_POLL_MS : IDLE_POLL_MS
    if (interval === this.#interval) return
    this.#interval = interval
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      this.#raw.poll()
      this.#hooks.onPoll()
    }, interval)
  }
}

/**
 * What a line of librdkafka's log says of a connection, without the thread, protocol and times:
 * `[thrd:ssl://HOST/bootstrap]: ssl://HOST/bootstrap: SSL handshake failed: … (after 6ms in state …)`.
 */
function reasonIn(line: string): string {
  return line.replace(/^\[thrd:[^\]]*\]: (?:\w+:\/\/)?/, '').replace(/ \(after .*\)$/, '')
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
