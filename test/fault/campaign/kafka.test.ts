import { afterAll, beforeAll, describe, test } from 'vitest'
import { whyNoBroker } from '../../kafka/broker.ts'
import { expectKept, noCampaign, RUN_MS, runsOr } from './campaign.ts'
import { ShakyBroker } from './shaky-broker.ts'

const reason = noCampaign ?? whyNoBroker()
if (reason !== null) console.warn(`the campaign of faults to Kafka is left out: ${reason}`)

describe.skipIf(reason !== null)('a campaign of faults, to Kafka', () => {
  let broker: ShakyBroker
  beforeAll(async () => {
    broker = await ShakyBroker.start()
  })
  afterAll(() => broker.end())

  test.each(runsOr([{ seed: 1, seconds: 8 }]))(
    'keeps what is promised: seed $seed, faults $only',
    (run) => expectKept(run, broker),
    RUN_MS,
  )
})
