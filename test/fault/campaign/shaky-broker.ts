import { setTimeout as sleep } from 'node:timers/promises'
import { type Broker, startBroker } from '../../kafka/broker.ts'
import { KafkaOutlet } from './kafka-outlet.ts'
import { TcpProxy } from './proxy.ts'

/** Milliseconds that a slow broker holds back each piece of a stream. */
const SLOW_MS = 100

/** The least that the setting takes, so that events come in parts. */
const MAX_MESSAGE_BYTES = 32_768

export type Trouble = 'kill' | 'restart' | 'freeze' | 'slow' | 'cut'

/** The broker of all runs of a process, which its clients reach by a proxy; one trouble after the other. */
export class ShakyBroker {
  readonly #broker: Broker
  readonly #proxy: TcpProxy
  #trouble: Promise<void> = Promise.resolve()

  private constructor(broker: Broker, proxy: TcpProxy) {
    this.#broker = broker
    this.#proxy = proxy
  }

  static async start(): Promise<ShakyBroker> {
    const proxy = await TcpProxy.open()
    const broker = await startBroker('--proxy', String(proxy.port))
    proxy.lead(broker.proxied)
    return new ShakyBroker(broker, proxy)
  }

  /** Topics for one run. */
  outlet(): Promise<KafkaOutlet> {
    return KafkaOutlet.open(`127.0.0.1:${this.#proxy.port}`, this.#broker.client, {
      max_message_bytes: MAX_MESSAGE_BYTES,
    })
  }

  /** Does this to the broker for `ms` as soon as the trouble before is over; does not wait for it. */
  trouble(kind: Trouble, ms: number): void {
    this.#trouble = this.#trouble.then(() => this.#do[kind](ms))
    // Who settles it learns of a failure.
    this.#trouble.catch(() => {})
  }

  /** Settles when no trouble is left; rejects when the broker did not come back. */
  settle(): Promise<void> {
    return this.#trouble
  }

  async end(): Promise<void> {
    this.#proxy.close()
    await this.#broker.end()
  }

  readonly #do: Readonly<Record<Trouble, (ms: number) => Promise<void>>> = {
    kill: async (ms) => {
      process.kill(this.#broker.pid(), 'SIGKILL')
      await sleep(ms)
      await this.#broker.start()
    },
    restart: async (ms) => {
      await this.#broker.stop()
      await sleep(ms)
      await this.#broker.start()
    },
    freeze: async (ms) => {
      const pid = this.#broker.pid()
      process.kill(pid, 'SIGSTOP')
      await sleep(ms)
      process.kill(pid, 'SIGCONT')
    },
    slow: async (ms) => {
      this.#proxy.delay = SLOW_MS
      await sleep(ms)
      this.#proxy.delay = 0
    },
    cut: async () => this.#proxy.cut(),
  }
}
