import type { Chunks } from './chunks.ts'
import { classify, Verdict } from './classify.ts'
import { isDelivered, type Outgoing, type Sender, WAITING } from './message.ts'
import { partsOf, roomIn } from './parts.ts'
import type { Producer, Taken } from './producer.ts'

/** Messages handed over before other work has its turn. */
const SLICE = 512
/** Milliseconds until what was not taken is sent again: the first time, and at most. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** Acknowledged messages kept at the head of the queue before it is cut. */
const CUT = 4096

/** What a line tells its owner. */
export interface LineHooks {
  /** Messages were acknowledged, these many more from the first on without a gap. */
  readonly onPassed: (messages: number) => void
  /** A message was acknowledged. */
  readonly onDelivered: (message: Outgoing) => void
  /**
   * The line stands still until it tries again by itself. A message that will never be taken as it is
   * may be changed here; for `Fatal` and `TooLarge` the producer is to be replaced.
   */
  readonly onTrouble: (verdict: Verdict, text: string, message: Outgoing) => void
}

interface Waiter {
  /** Messages that must have been acknowledged. */
  readonly until: number
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/**
 * Messages on their way to Kafka, in order, kept until they are acknowledged:
 *
 * ```
 *  acknowledged │ sent, some of them acknowledged │ waiting
 *          head ▲                            next ▲
 * ```
 *
 * When one is not taken the line stops, lets the reports of the rest come in, and sends from the head
 * again what has no acknowledgement.
 */
export class Line implements Sender {
  readonly #chunks: Chunks
  readonly #hooks: LineHooks
  #queue: Outgoing[] = []
  #head = 0
  #next = 0
  #bytes = 0
  #outstanding = 0
  #producer: Producer | null = null
  #limit = 0
  #halted = false
  #retryMs = FIRST_RETRY_MS
  #retry: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined
  #passed = 0
  #waiters: Waiter[] = []

  constructor(chunks: Chunks, hooks: LineHooks) {
    this.#chunks = chunks
    this.#hooks = hooks
  }

  /** Messages that are not acknowledged, and the bytes of their values. */
  get waiting(): number {
    return this.#queue.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Adds a message; `pump` sends it. */
  push(message: Outgoing): void {
    this.#queue.push(message)
    this.#bytes += message.value.length
  }

  /** Hands over what waits, as far as it is taken now. */
  pump(): void {
    clearImmediate(this.#turn)
    this.#turn = undefined
    for (let i = 0; i < SLICE; i++) {
      if (this.#producer === null || this.#halted || this.#next >= this.#queue.length) return
      const message = this.#queue[this.#next]
      if (message.open === WAITING && !this.#send(this.#producer, message)) return
      this.#next++
    }
    this.#turn = setImmediate(() => this.pump())
  }

  /** Sends through `producer` from now on, messages of at most `limit` bytes. */
  up(producer: Producer, limit: number): void {
    this.#producer = producer
    this.#limit = limit
    this.pump()
  }

  /** Hands over nothing more; reports still count. */
  pause(): void {
    this.#producer = null
  }

  /** Gives up on reports: the producer is gone. */
  reset(): void {
    this.#producer = null
    this.#outstanding = 0
    this.#rewind()
  }

  /** Takes the report on a part of a message: null, or why it was not taken. */
  report(message: Outgoing, error: string | null): void {
    this.#outstanding--
    message.open--
    if (error !== null) {
      message.failed = true
      this.#halt(error, message)
    }
    if (isDelivered(message)) this.#deliver(message)
    if (this.#halted && this.#outstanding === 0 && this.#retry === undefined) this.#retryLater()
  }

  /** Settles when all that was pushed before is acknowledged. */
  settled(): Promise<void> {
    return this.#until(this.#passed + this.waiting)
  }

  /** Settles when no more than `messages` are left that are not acknowledged. */
  shrunk(messages: number): Promise<void> {
    return this.#until(this.#passed + this.waiting - messages)
  }

  /** Sends nothing more; who waits for an acknowledgement waits no longer. */
  close(reason: Error): void {
    this.pause()
    clearTimeout(this.#retry)
    clearImmediate(this.#turn)
    for (const { reject } of this.#waiters.splice(0)) reject(reason)
  }

  #until(until: number): Promise<void> {
    if (until <= this.#passed) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ until, resolve, reject }))
  }

  /** False when the message was not taken as a whole. */
  #send(producer: Producer, message: Outgoing): boolean {
    const { topic, value, timestamp } = message
    if (value.length <= roomIn(this.#limit)) {
      const taken = producer.produce(topic, value, message.key, timestamp, message, message.headers)
      return this.#isTaken(taken, message, 1)
    }
    // Parts that are apart cannot be joined, so that they have one key at least.
    const key = message.key ?? Buffer.from(message.id)
    for (const part of partsOf(message, this.#limit)) {
      const taken = producer.produce(topic, part.value, key, timestamp, message, part.headers)
      const open = message.open === WAITING ? 1 : message.open + 1
      if (!this.#isTaken(taken, message, open)) {
        // The parts that were taken come a second time, with the rest.
        if (message.open !== WAITING) message.failed = true
        if (message.failed && taken === 'full') this.#halt('queue full', message)
        return false
      }
    }
    return true
  }

  #isTaken(taken: Taken, message: Outgoing, open: number): boolean {
    if (taken === 'full') return false
    if (taken.error !== null) {
      this.#halt(taken.error, message)
      return false
    }
    message.open = open
    this.#outstanding++
    return true
  }

  #deliver(message: Outgoing): void {
    this.#bytes -= message.value.length
    if (message.chunk !== null) this.#chunks.release(message.chunk)
    this.#retryMs = FIRST_RETRY_MS
    this.#hooks.onDelivered(message)
    let passed = 0
    while (this.#head < this.#queue.length && isDelivered(this.#queue[this.#head])) {
      this.#head++
      passed++
    }
    if (passed === 0) return
    if (this.#head >= CUT) {
      this.#queue.splice(0, this.#head)
      this.#next -= this.#head
      this.#head = 0
    }
    this.#passed += passed
    while (this.#waiters.length > 0 && this.#waiters[0].until <= this.#passed)
      this.#waiters.shift()?.resolve()
    this.#hooks.onPassed(passed)
  }

  #halt(error: string, message: Outgoing): void {
    this.#halted = true
    const { length } = message.value
    this.#hooks.onTrouble(classify(error), error, message)
    this.#bytes += message.value.length - length
    if (this.#outstanding === 0 && this.#retry === undefined) this.#retryLater()
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#rewind()
      this.pump()
    }, this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
  }

  #rewind(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#halted = false
    this.#next = this.#head
    for (let at = this.#head; at < this.#queue.length; at++) {
      const message = this.#queue[at]
      if (isDelivered(message)) continue
      message.open = WAITING
      message.failed = false
    }
  }
}
