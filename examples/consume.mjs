// Reads events from Kafka and prints them, one a line; an event that came in parts is made whole again.
//
//   node examples/consume.mjs localhost:9092 audit.events            from now on
//   node examples/consume.mjs localhost:9092 audit.events --once     what is there, then ends
//
// Parts of one event have the same `id` and `pos` and say which they are: `part` of `parts`. They lie in one
// partition, in order. After a failure some may come twice, or again cut in another way.

import kafka from 'node-rdkafka'

const [brokers, topic, once] = process.argv.slice(2)
if (topic === undefined) {
  console.error('usage: consume.mjs BROKERS TOPIC [--once]')
  process.exit(2)
}

function fail(reason) {
  console.error(`consume.mjs: ${reason}`)
  process.exit(1)
}

/** Parts that wait for others, by what they belong to. */
const waiting = new Map()

/** The whole value once its last part is there, else null. */
function whole({ value, headers }) {
  const { id, pos, part, parts } = Object.assign({}, ...(headers ?? []))
  if (part === undefined) return value
  const name = [id, pos, parts].join(' ')
  const found = waiting.get(name) ?? []
  found[Number(part) - 1] = value
  waiting.set(name, found)
  if (Object.keys(found).length < Number(parts)) return null
  waiting.delete(name)
  return Buffer.concat(found)
}

const consumer = new kafka.KafkaConsumer(
  {
    'bootstrap.servers': brokers,
    'group.id': `spillway-example-${process.pid}`,
    'enable.auto.commit': false,
    'enable.partition.eof': true,
  },
  { 'auto.offset.reset': once ? 'earliest' : 'latest' },
)
const reading = new Set()
consumer.connect({ topic, timeout: 10_000 }, (error, metadata) => {
  if (error) fail(`no answer from ${brokers}: ${error.message}`)
  const { partitions = [] } = metadata.topics.find(({ name }) => name === topic) ?? {}
  if (partitions.length === 0) fail(`there is no topic ${topic}, or it may not be read`)
  for (const { id } of partitions) reading.add(id)
  const offset = once ? -2 : -1
  consumer.assign(partitions.map(({ id }) => ({ topic, partition: id, offset })))
  consumer.consume()
})
consumer.on('data', (message) => {
  const value = whole(message)
  // Values are UTF-8, but the lines of `format: raw` need not be.
  if (value !== null) process.stdout.write(Buffer.concat([value, Buffer.from('\n')]))
})
consumer.on('partition.eof', ({ partition }) => {
  reading.delete(partition)
  if (once && reading.size === 0) process.stdout.write('', () => process.exit(0))
})
