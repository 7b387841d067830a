import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Client, Header, RawProducer, Report } from './client.ts'
import type { ProducerProperties } from './properties.ts'

/**
 * One producer of librdkafka, and the rounds in which it sends: messages are handed over, then all of them are
 * awaited, then those that wait have their turn.
 *
 * ```
 *  produce … produce │ settle: flush until nothing is under way │ produce …
 *                    └──────── reports on what was not taken ───┴─► onSettled
 * ```
 *
 * librdkafka holds a message until Kafka has acknowledged it or it has made a report of its failure. So when it
 * holds none any more, and all reports are in, every message of the round is acknowledged but those reported.
 */

/** Milliseconds between polls while no round is under way: for errors and logs. */
const IDLE_POLL_MS = 2000
/** Milliseconds a flush waits at least before it says that messages are still under way, and at most. */
const FLUSH_MS = 5
const LAST_FLUSH_MS = 100
/** Bytes of a round from which on the rest waits for the next: what comes a second time after a crash. */
const ROUND_BYTES = 4 << 20
/** Milliseconds between looks whether the last round is over. */
const LOOK_MS = 5
/** Milliseconds that a broker has to answer the first request. */
const CONNECT_MS = 5000
/** Milliseconds between polls until it has. */
const CONNECT_POLL_MS = 100
/** Milliseconds a disconnect may flush by itself, after the last round was awaited. */
const DISCONNECT_MS = 200
/** librdkafka's RD_KAFKA_RESP_ERR__QUEUE_FULL: the message was not taken, and may be later. */
const QUEUE_FULL = -184

/** A message that was not taken, as far as a report tells which. */
export interface Refusal extends Report {
  readonly error: string
}

/** What a producer tells, always from a turn of its own. */
export interface ProducerHooks {
  /** A round is over: all of it is acknowledged but for the refusals. The next may begin. */
  readonly onSettled: (refusals: readonly Refusal[]) => void
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

/** A producer, connected once and never again: after a failed connect or a fatal error another one takes its place. */
export class Producer {
  readonly #raw: RawProducer
  readonly #hooks: ProducerHooks
  /** Messages of the round, and bytes of their values. */
  #messages = 0
  #bytes = 0
  #refusals: Refusal[] = []
  #busySince = 0
  #settling = false
  #closed = false
  /** Disconnected: what is told of a message from now on comes too late. */
  #gone = false
  #timer: NodeJS.Timeout | undefined

  private constructor(raw: RawProducer, hooks: ProducerHooks) {
    this.#raw = raw
    this.#hooks = hooks
    raw.on('delivery-report', (error, { topic, size }) => {
      if (error !== null) this.#refusals.push({ topic, size, error: textOf(error) })
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
    producer.#timer = setInterval(() => producer.#poll(), IDLE_POLL_MS)
    return producer
  }

  /** Since when messages are under way, by `performance.now`; null while none is. */
  get busySince(): number | null {
    return this.#messages > 0 ? this.#busySince : null
  }

  /** Whether the round takes another message. */
  get isOpen(): boolean {
    return !this.#settling && this.#bytes < ROUND_BYTES
  }

  /** Hands over one message; its memory is free again at once. To be called while the round is open. */
  produce(
    topic: string,
    value: Buffer,
    key: Buffer | null,
    timestamp: number,
    headers: readonly Header[] | undefined,
  ): Taken {
    try {
      // Nothing is given along: it would only be let go of with a report, and most messages have none.
      this.#raw.produce(topic, null, value, key, timestamp, undefined, headers)
    } catch (error) {
      return (error as { code?: unknown }).code === QUEUE_FULL ? 'full' : { error: textOf(error) }
    }
    if (this.#messages++ === 0) this.#busySince = performance.now()
    this.#bytes += value.length
    return TAKEN
  }

  /** Ends the round, if there is one: nothing is handed over until all of it is acknowledged. */
  settle(): void {
    if (this.#settling || this.#messages === 0) return
    this.#settling = true
    this.#flush(FLUSH_MS)
  }

  /** Takes a newer token for SASL OAUTHBEARER. */
  renew(token: string): void {
    this.#raw.setOauthBearerToken(token)
  }

  /**
   * Waits at most `ms` for the end of the round, since nothing is told of it after a disconnect, then
   * disconnects.
   */
  async close(ms: number): Promise<void> {
    const until = performance.now() + ms
    this.settle()
    while (this.#messages > 0 && performance.now() < until) await sleep(LOOK_MS)
    this.#closed = true
    clearInterval(this.#timer)
    await new Promise<void>((resolve) => {
      this.#raw.disconnect(DISCONNECT_MS, resolve)
    })
    this.#gone = true
  }

  /** Waits for what is under way, longer each time: only a broker that is away takes long. */
  #flush(ms: number): void {
    this.#raw.flush(ms, (error) => {
      if (error === null) void this.#settled()
      else if (!this.#closed) this.#flush(Math.min(ms * 2, LAST_FLUSH_MS))
      this.#hooks.onPoll()
    })
  }

  /**
   * The addon hands out reports in turns of the event loop, up to 100 in each, all of which were there when the
   * flush was over: when one passes without any, none is left.
   */
  async #settled(): Promise<void> {
    let reports: number
    do {
      reports = this.#refusals.length
      // The first ends within the turn in which the flush was over.
      await turn()
      await turn()
    } while (this.#refusals.length > reports)
    if (this.#gone) return
    const refusals = this.#refusals
    this.#refusals = []
    this.#messages = 0
    this.#bytes = 0
    this.#settling = false
    this.#hooks.onSettled(refusals)
  }

  #poll(): void {
    this.#raw.poll()
    this.#hooks.onPoll()
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
