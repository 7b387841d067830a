import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Chunks } from '../../../src/sink/kafka/chunks.ts'
import { Verdict } from '../../../src/sink/kafka/classify.ts'
import { Line } from '../../../src/sink/kafka/line.ts'
import type { Link } from '../../../src/sink/kafka/link.ts'
import { FakeKafka } from './fake-client.ts'
import { linkTo, messageOf } from './line-to.ts'

const INVALID = 'broker failed to validate record'

let open: Link[] = []
afterEach(async () => {
  for (const link of open.splice(0)) await link.close(0)
  open = []
})

/** A line to a Kafka, what it says was acknowledged, and whom it blames. */
function lineTo(kafka: FakeKafka): {
  line: Line
  link: Link
  send: (...texts: readonly string[]) => void
  delivered: string[]
  judged: string[]
} {
  const delivered: string[] = []
  const judged: string[] = []
  const line = new Line(new Chunks(), {
    onPassed: () => {},
    onDelivered: ({ value }) => void delivered.push(value.toString()),
    onTrouble: (verdict, _error, message) => {
      if (verdict !== Verdict.Invalid) return
      judged.push(message.value.toString())
      message.timestamp = 0
    },
  })
  const link = linkTo(kafka, line)
  open.push(link)
  const send = (...texts: readonly string[]): void => {
    for (const text of texts) line.push(messageOf(text))
    line.pump()
  }
  return { line, link, send, delivered, judged }
}

const texts = (messages: readonly { text: string }[]): string[] => messages.map(({ text }) => text)

describe('a line to Kafka', () => {
  it('takes nothing for acknowledged before all of its round is, and sends nothing meanwhile', async () => {
    const kafka = new FakeKafka()
    const { send, link, delivered } = lineTo(kafka)
    await vi.waitFor(() => expect(link.connected).toBe(true))
    kafka.away = true
    send('a', 'bb')
    send('ccc')
    await sleep(50)
    expect([texts(kafka.given), delivered]).toEqual([['a', 'bb'], []])
    kafka.away = false
    await vi.waitFor(() => expect(delivered).toEqual(['a', 'bb', 'ccc']))
    expect(texts(kafka.taken)).toEqual(delivered)
  })

  it('sends again what was refused, after all reports have come in, and nothing else', async () => {
    const kafka = new FakeKafka()
    const { line, send, delivered } = lineTo(kafka)
    const good = Array.from({ length: 250 }, (_, n) => `good ${n}`)
    const bad = Array.from({ length: 250 }, (_, n) => `not as good ${n}`)
    let refusals = 0
    kafka.refuse = ({ text }) =>
      text.startsWith('not') && ++refusals <= bad.length ? 'some replicas are away' : null
    send(...good.flatMap((text, n) => [text, bad[n]]))
    await vi.waitFor(() => expect(delivered).toEqual(good))
    expect(texts(kafka.taken)).toEqual(good)
    await line.settled()
    expect(delivered).toEqual([...good, ...bad])
    expect(texts(kafka.taken)).toEqual(delivered)
  })

  it('judges of those that look the same the one alone that was refused', async () => {
    const kafka = new FakeKafka()
    const { line, send, delivered, judged } = lineTo(kafka)
    kafka.refuse = ({ text, timestamp }) => (text === 'bad 2' && timestamp > 0 ? INVALID : null)
    send('bad 1', 'bad 2', 'bad 3', 'other')
    await line.settled()
    expect(judged).toEqual(['bad 2'])
    expect(delivered.toSorted()).toEqual(['bad 1', 'bad 2', 'bad 3', 'other'])
    expect(kafka.taken.find(({ text }) => text === 'bad 2')?.timestamp).toBe(0)
  })

  it('judges at once where all that look the same were refused', async () => {
    const kafka = new FakeKafka()
    const { line, send, judged } = lineTo(kafka)
    kafka.refuse = ({ timestamp }) => (timestamp > 0 ? INVALID : null)
    send('a1', 'a2', 'b')
    await line.settled()
    expect(judged).toEqual(['a1', 'a2', 'b'])
    expect(kafka.given).toHaveLength(6)
  })

  it('sends all of a round again when its producer was lost in it', async () => {
    const kafka = new FakeKafka()
    const { line, send, link, delivered } = lineTo(kafka)
    await vi.waitFor(() => expect(link.connected).toBe(true))
    kafka.away = true
    send('a', 'b')
    link.replace()
    await vi.waitFor(() => expect(kafka.tries).toBe(2), 5000)
    expect(delivered).toEqual([])
    kafka.away = false
    await line.settled()
    expect(delivered).toEqual(['a', 'b'])
    expect(texts(kafka.given)).toEqual(['a', 'b', 'a', 'b'])
  })
})
