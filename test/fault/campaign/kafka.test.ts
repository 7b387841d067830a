import { afterAll, beforeAll, describe, test } from 'vitest'
import { whyNoBroker } from '../../kafka/broker.ts'
import { expectKept, noCampaign, RUN_MS, runsOr } from './campaign.ts'
import type { FaultKind } from './plan.ts'
import { ShakyBroker } from './shaky-broker.ts'

/** What costs nothing, the service being killed meanwhile. */
const TROUBLES: readonly FaultKind[] = [
  'broker.kill',
  'broker.restart',
  'broker.freeze',
  'broker.slow',
  'broker.cut',
  'service.kill',
]

const reason = noCampaign ?? whyNoBroker()
if (reason !== null) console.warn(`the campaign of faults to Kafka is left out: ${reason}`)

describe.skipIf(reason !== null)('a campaign of faults, to Kafka', () => {
  let broker: ShakyBroker
  beforeAll(async () => {
    broker = await ShakyBroker.start()
  })
  afterAll(() => broker.end())

  test.each(
    runsOr([
      { seed: 2000, only: TROUBLES, seconds: 6 },
      { seed: 1, seconds: 8 },
    ]),
  )('keeps what is promised: seed $seed, faults $only', (run) => expectKept(run, broker), RUN_MS)
})
