import { readFileSync } from 'node:fs'
import kafka from 'node-rdkafka'

/**
 * A bare loop of node-rdkafka: the events of an NDJSON file as the messages that the Kafka sink makes of
 * them, ready in memory before time begins, none waiting longer than until 20,000 are under way. Prints
 * seconds from the first message to the last report, and seconds of CPU.
 *
 *   node bare-producer.js BROKERS TOPIC FILE
 */

const AT_ONCE = 512
const UNDER_WAY = 20_000
const LF = 0x0a
const [brokers, topic, path] = process.argv.slice(2)

interface Prepared {
  readonly value: Buffer
  readonly key: Buffer
  readonly time: number
  readonly headers: { [name: string]: string }[]
}

function prepare(file: Buffer): Prepared[] {
  const messages: Prepared[] = []
  for (let at = 0; at < file.length; ) {
    const end = file.indexOf(LF, at)
    const value = file.subarray(at, end)
    const { EVENT } = JSON.parse(value.toString()) as {
      EVENT: { id: string; pos: string; time: string; host: string; keys: string[] }
    }
    const headers: { [name: string]: string }[] = [
      { id: EVENT.id },
      { pos: EVENT.pos },
      { schema: 'native/1' },
    ]
    if (EVENT.keys.length > 0) headers.push({ keys: EVENT.keys.join(',') })
    messages.push({ value, key: Buffer.from(EVENT.host), time: Date.parse(EVENT.time), headers })
    at = end + 1
  }
  return messages
}

const messages = prepare(readFileSync(path))
const producer = new kafka.Producer(
  {
    'bootstrap.servers': brokers,
    dr_cb: true,
    'enable.idempotence': true,
    'compression.codec': 'lz4',
    'linger.ms': 5,
    'batch.size': 1_000_000,
    'queue.buffering.max.messages': 100_000,
    'queue.buffering.max.kbytes': 65_536,
  },
  { acks: -1 },
)
producer.connect({}, (error) => {
  if (error) throw error
  let next = 0
  let reported = 0
  const began = performance.now()
  const before = process.cpuUsage()
  const send = (): void => {
    for (let i = 0; i < AT_ONCE && next < messages.length && next - reported < UNDER_WAY; i++) {
      const { value, key, time, headers } = messages[next]
      producer.produce(topic, null, value, key, time, next++, headers)
    }
    if (next < messages.length) setImmediate(send)
  }
  producer.on('delivery-report', (failed) => {
    if (failed) throw failed
    if (++reported < messages.length) return
    const { user, system } = process.cpuUsage(before)
    const usage = { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 }
    process.stderr.write(JSON.stringify(usage), () => process.exit(0))
  })
  setInterval(() => producer.poll(), 5)
  send()
})
