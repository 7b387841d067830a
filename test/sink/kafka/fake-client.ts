import type { Client, RawProducer, Report } from '../../../src/sink/kafka/client.ts'

/** Reports that the addon hands out in one turn of the event loop. */
const REPORTS_A_TURN = 100

/** A message that a fake producer was given. */
export interface Given {
  readonly topic: string
  readonly text: string
  readonly timestamp: number
}

/** A Kafka that takes what it is given, in rounds, but for what it is told to refuse. */
export class FakeKafka {
  /** Messages that were handed over, oldest first, those that were refused too. */
  readonly given: Given[] = []
  /** Messages that were taken. */
  readonly taken: Given[] = []
  /** Connects that were tried. */
  tries = 0
  /** Why a message is not taken; null when it is. */
  refuse: (message: Given) => string | null = () => null
  /** Whether producers connect. */
  connects = true
  /** While it is away nothing is acknowledged. */
  away = false

  readonly client: Client = {
    features: [],
    create: () => this.#producer(),
    consume: () => {
      throw new Error('nothing is read here')
    },
  }

  #producer(): RawProducer {
    let report: (error: Error | null, report: Report) => void = () => {}
    let underWay: Given[] = []
    return {
      on: (event: string, listener: unknown) => {
        if (event === 'delivery-report') report = listener as typeof report
      },
      isConnected: () => this.connects,
      connect: (_options, done) => {
        this.tries++
        setImmediate(() =>
          done(this.connects ? null : new Error('Local: Broker transport failure')),
        )
      },
      disconnect: (_timeout, done) => setImmediate(done),
      poll: () => {},
      flush: (timeout, done) => {
        if (this.away) {
          setTimeout(() => done(new Error('Local: Timed out')), timeout)
          return
        }
        const refused: (readonly [Error, Report])[] = []
        for (const message of underWay) {
          const why = this.refuse(message)
          if (why === null) this.taken.push(message)
          else refused.push([new Error(why), { topic: message.topic, size: message.text.length }])
        }
        underWay = []
        // As in the addon: the end of the flush comes before the reports that were made in it.
        const hand = (): void => {
          for (const [error, about] of refused.splice(0, REPORTS_A_TURN)) report(error, about)
          if (refused.length > 0) setImmediate(hand)
        }
        setTimeout(() => {
          done(null)
          hand()
        }, 1)
      },
      setOauthBearerToken: () => {},
      produce: (topic, _partition, value, _key, timestamp) => {
        const message = { topic, text: value.toString(), timestamp }
        underWay.push(message)
        this.given.push(message)
      },
    }
  }
}
