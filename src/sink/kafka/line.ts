import type { Chunks } from './chunks.ts'
import { classify, Verdict } from './classify.ts'
import type { Outgoing } from './message.ts'
import { partsOf, roomIn } from './parts.ts'
import type { Producer, Taken } from './producer.ts'
import type { Refusals } from './refusals.ts'

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
 *  acknowledged │ sent, in this round │ waiting
 *          head ▲                next ▲
 * ```
 *
 * When one is not taken the line stops, lets the round end, and sends from the head again what has no
 * acknowledgement.
 */
export class Line {
  readonly #chunks: Chunks
  readonly #hooks: LineHooks
  #queue: Outgoing[] = []
  #head = 0
  #next = 0
  #bytes = 0
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

  /** Hands over what waits, as far as the round takes it, and ends the round with it. */
  pump(): void {
    clearImmediate(this.#turn)
    this.#turn = undefined
    for (let i = 0; i < SLICE; i++) {
      const producer = this.#producer
      if (producer === null) return
      if (!this.#isNext(producer)) return producer.settle()
      const message = this.#queue[this.#next]
      if (!message.delivered && !this.#send(producer, message)) return producer.settle()
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

  /** Hands over nothing more; the round under way still counts. */
  pause(): void {
    this.#producer = null
  }

  /** Gives up on the round: the producer is gone. */
  reset(): void {
    this.#producer = null
    this.#rewind()
  }

  /** A round is over: what was sent is acknowledged, but for what may be among the refusals. */
  settle(refusals: Refusals): void {
    const suspects: (readonly [message: Outgoing, error: string])[] = []
    for (let at = this.#head; at < this.#next; at++) {
      const message = this.#queue[at]
      if (message.delivered) continue
      const error = refusals.of(message, this.#limit)
      if (error === null) this.#deliver(message)
      else suspects.push([message, error])
    }
    for (const [message, error] of suspects) {
      const verdict = classify(error)
      const isUnsure = verdict === Verdict.Invalid && !refusals.isSure(message, this.#limit)
      if (isUnsure) message.alone = true
      this.#halt(isUnsure ? Verdict.Retry : verdict, error, message)
    }
    this.#pass()
    this.#next = this.#head
    if (this.#halted) this.#retryLater()
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

  /** Whether the next message is for the round under way. One that is alone has a round of its own. */
  #isNext(producer: Producer): boolean {
    if (this.#halted || this.#next >= this.#queue.length || !producer.isOpen) return false
    const isAlone = this.#queue[this.#next].alone || this.#queue[this.#next - 1]?.alone
    return !isAlone || producer.busySince === null
  }

  /** False when the message was not taken as a whole: parts that were come a second time, with the rest. */
  #send(producer: Producer, message: Outgoing): boolean {
    const { topic, value, timestamp } = message
    if (value.length <= roomIn(this.#limit))
      return this.#isTaken(
        producer.produce(topic, value, message.key, timestamp, message.headers),
        message,
      )
    // Parts that are apart cannot be joined, so that they have one key at least.
    const key = message.key ?? Buffer.from(message.id)
    return partsOf(message, this.#limit).every((part) =>
      this.#isTaken(producer.produce(topic, part.value, key, timestamp, part.headers), message),
    )
  }

  #isTaken(taken: Taken, message: Outgoing): boolean {
    if (taken === 'full') return false
    if (taken.error === null) return true
    this.#halt(classify(taken.error), taken.error, message)
    // Without a round under way there is no end of one to wait for.
    if (this.#producer?.busySince === null) this.#retryLater()
    return false
  }

  #deliver(message: Outgoing): void {
    message.delivered = true
    this.#bytes -= message.value.length
    if (message.chunk !== null) this.#chunks.release(message.chunk)
    this.#retryMs = FIRST_RETRY_MS
    this.#hooks.onDelivered(message)
  }

  /** Moves the head behind what is acknowledged without a gap. */
  #pass(): void {
    const from = this.#head
    while (this.#head < this.#queue.length && this.#queue[this.#head].delivered) this.#head++
    const passed = this.#head - from
    if (passed === 0) return
    if (this.#head >= CUT || this.#head === this.#queue.length) {
      this.#queue.splice(0, this.#head)
      this.#next -= this.#head
      this.#head = 0
    }
    this.#passed += passed
    while (this.#waiters.length > 0 && this.#waiters[0].until <= this.#passed)
      this.#waiters.shift()?.resolve()
    this.#hooks.onPassed(passed)
  }

  #halt(verdict: Verdict, error: string, message: Outgoing): void {
    this.#halted = true
    const { length } = message.value
    this.#hooks.onTrouble(verdict, error, message)
    this.#bytes += message.value.length - length
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return
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
  }
}
