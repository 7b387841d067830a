import { describe, expect, it } from 'vitest'
import { classify, Verdict } from '../../../src/sink/kafka/classify.ts'

/** Texts as node-rdkafka gives them: librdkafka's own, in lower case, without `Local: ` and `Broker: `. */
describe('the verdict on an error of Kafka', () => {
  it.each([
    ['broker transport failure', Verdict.Retry],
    ['message timed out', Verdict.Retry],
    ['not enough in-sync replicas', Verdict.Retry],
    ['purged in flight', Verdict.Retry],
    ['topic authorization failed', Verdict.Refused],
    ['cluster authorization failed', Verdict.Refused],
    ['authentication failure', Verdict.Refused],
    ['sasl authentication failed', Verdict.Refused],
    ['unknown topic or partition', Verdict.Refused],
    ['unknown topic', Verdict.Refused],
    ['message size too large', Verdict.TooLarge],
    ['message batch larger than configured server segment size', Verdict.TooLarge],
    ['invalid timestamp', Verdict.Invalid],
    ['broker failed to validate record', Verdict.Invalid],
    ['an invalid record in the same batch caused this message to fail too', Verdict.Retry],
    ['fatal error', Verdict.Fatal],
    ['something that nobody has heard of', Verdict.Retry],
  ])('of "%s" is %i', (text, verdict) => {
    expect(classify(text)).toBe(verdict)
  })
})
