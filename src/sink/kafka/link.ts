import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaOptions } from '../../model/kafka.ts'
import { classify, Verdict } from './classify.ts'
import type { Client } from './client.ts'
import type { Line } from './line.ts'
import type { Outgoing } from './message.ts'
import { MIN_LIMIT } from './parts.ts'
import { Producer } from './producer.ts'
import { propertiesOf, withoutSecrets } from './properties.ts'
import type { Troubles } from './troubles.ts'

/** Milliseconds until the next connect after one that failed: the first time, and at most. */
const FIRST_CONNECT_MS = 500
const LAST_CONNECT_MS = 15_000
/** Milliseconds without an acknowledgement, while some are due, after which Kafka counts as away. */
const STALL_MS = 10_000
/** Milliseconds without an acknowledgement after which a producer is replaced when that is asked for. */
const RETRY_STALL_MS = 1000
/**
 * Milliseconds without an acknowledgement after which a producer is replaced unasked: one of librdkafka 2.12 was seen
 * to wait for ever after its broker had been killed, restarted and frozen within seconds. What it held is sent again.
 */
const STUCK_MS = 30_000
/** Milliseconds a producer that is replaced has for its last reports. */
const LAST_REPORTS_MS = 2000
/** Milliseconds between looks at the file of a token. */
const TOKEN_MS = 30_000

/** What a link needs. */
export interface LinkOptions {
  readonly client: Client
  readonly options: KafkaOptions
  readonly lines: readonly Line[]
  readonly troubles: Troubles
}

/** Keeps a producer connected to Kafka for as long as the sink lives, one at a time. */
export class Link {
  readonly #parts: LinkOptions
  #limit: number
  #producer: Producer | null = null
  #changing: Promise<void> = Promise.resolve()
  #isChanging = false
  #wait = FIRST_CONNECT_MS
  #progress = 0
  #moved = false
  #downSince = performance.now()
  #token = ''
  #tokenAt = 0
  readonly #closing = new AbortController()
  /** Ends the pause there is. */
  #pausing = new AbortController()

  constructor(parts: LinkOptions) {
    this.#parts = parts
    this.#limit = parts.options.maxMessageBytes
  }

  /** A producer is connected. Its broker may be away all the same. */
  get connected(): boolean {
    return this.#producer !== null
  }

  /** Milliseconds without an acknowledgement while some are due; 0 otherwise. */
  get stalledMs(): number {
    if (this.#moved) this.#move()
    const since = this.#producer === null ? this.#downSince : this.#producer.busySince
    return since === null ? 0 : performance.now() - Math.max(since, this.#progress)
  }

  /** Connects, and tries again until it is. */
  start(): void {
    this.#change(() => this.#connect())
  }

  /** Kafka acknowledged something: it is there. */
  delivered(): void {
    // What the time is is looked up at the next poll: this is called for every message.
    this.#moved = true
  }

  /** Takes another producer; what is not acknowledged is sent again, in order. */
  replace(): void {
    this.#change(async () => {
      await this.#drop(LAST_REPORTS_MS)
      await this.#pause()
      await this.#connect()
    })
  }

  /** Connects at once where it is not, or where what was sent is not acknowledged. */
  retry(): void {
    this.#wait = FIRST_CONNECT_MS
    this.#pausing.abort()
    if (this.#producer !== null && this.stalledMs > RETRY_STALL_MS) this.replace()
  }

  /** Takes another producer with smaller messages. False when they are as small as can be. */
  shrink(): boolean {
    if (this.#isChanging) return true
    if (this.#limit <= MIN_LIMIT) return false
    this.#limit = Math.max(MIN_LIMIT, this.#limit >> 1)
    this.#change(async () => {
      await this.#drop(LAST_REPORTS_MS)
      await this.#connect()
    })
    return true
  }

  /** Bytes that a message may have now. */
  get limit(): number {
    return this.#limit
  }

  /** Waits at most `ms` for the reports that are due, and disconnects. */
  async close(ms: number): Promise<void> {
    this.#closing.abort()
    await this.#changing
    await this.#drop(ms)
  }

  /** One change at a time; those asked for meanwhile are what it does anyway. */
  #change(step: () => Promise<void>): void {
    if (this.#isChanging || this.#closing.signal.aborted) return
    this.#isChanging = true
    this.#changing = step().finally(() => {
      this.#isChanging = false
    })
  }

  async #connect(): Promise<void> {
    const { client, options, lines, troubles } = this.#parts
    while (!this.#closing.signal.aborted) {
      try {
        const producer: Producer = await Producer.connect(
          client,
          propertiesOf(options, this.#limit),
          {
            onReport: (opaque, error) => {
              const message = opaque as Outgoing
              message.sender.report(message, error === null ? null : this.#clean(error))
            },
            onError: (text) => this.#onError(text),
            onPoll: () => this.#look(),
            token: options.oauthTokenFile === null ? null : () => this.#readToken(),
          },
        )
        if (this.#closing.signal.aborted) return await producer.close(0)
        this.#producer = producer
        for (const line of lines) line.up(producer, this.#limit)
        return
      } catch (error) {
        const text = this.#clean((error as Error).message)
        const refused = classify(text) === Verdict.Refused
        troubles.raise(refused ? 'refused' : 'unreachable', null, text)
        await this.#pause()
      }
    }
  }

  async #drop(ms: number): Promise<void> {
    const producer = this.#producer
    if (producer === null) return
    this.#producer = null
    this.#downSince = performance.now()
    for (const line of this.#parts.lines) line.pause()
    await producer.close(ms)
    for (const line of this.#parts.lines) line.reset()
  }

  /** Waits before the next try, longer each time until something is delivered. */
  async #pause(): Promise<void> {
    this.#pausing = new AbortController()
    const signal = AbortSignal.any([this.#closing.signal, this.#pausing.signal])
    await sleep(this.#wait, null, { signal }).catch(() => {})
    this.#wait = Math.min(this.#wait * 2, LAST_CONNECT_MS)
  }

  #move(): void {
    this.#moved = false
    this.#progress = performance.now()
    this.#wait = FIRST_CONNECT_MS
  }

  #onError(text: string): void {
    const clean = this.#clean(text)
    this.#parts.troubles.note(clean)
    if (classify(clean) === Verdict.Fatal && this.#producer !== null) this.replace()
  }

  #look(): void {
    const { troubles, options, lines } = this.#parts
    if (this.stalledMs > STALL_MS)
      troubles.raise('unreachable', null, troubles.error ?? 'no acknowledgement')
    if (this.stalledMs > STUCK_MS) this.replace()
    for (const line of lines) line.pump()
    if (options.oauthTokenFile !== null && performance.now() - this.#tokenAt > TOKEN_MS)
      this.#renewToken()
  }

  #renewToken(): void {
    const before = this.#token
    try {
      const token = this.#readToken()
      if (token !== before) this.#producer?.renew(token)
    } catch (error) {
      this.#parts.troubles.note((error as Error).message)
    }
  }

  #readToken(): string {
    this.#tokenAt = performance.now()
    this.#token = readFileSync(this.#parts.options.oauthTokenFile ?? '', 'utf8').trim()
    return this.#token
  }

  #clean(text: string): string {
    return withoutSecrets(text, this.#parts.options)
  }
}
