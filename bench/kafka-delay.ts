import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafka from 'node-rdkafka'
import { type Bench, mustEqual } from './bench.ts'
import { SPILLWAY, start } from './child.ts'
import { percentile, round } from './report.ts'

const RATE = 5000
const SECONDS = 20
/** Events at the start that are not counted: processes start, and a producer waits for its id. */
const WARM_UP = RATE * 5
const WAIT_MS = 10_000
const LIMIT_MS = 250

/**
 * From the stamp of an event to the moment at which Kafka appended it, which it acknowledges at once: the
 * topic keeps the time of appending instead of that of the event.
 */
export const kafkaDelay: Bench = async ({ place }) => {
  const brokers = process.env['KAFKA_BROKERS'] ?? ''
  if (brokers === '')
    throw new Error('KAFKA_BROKERS is not set: node scripts/broker.mjs start prints it')
  const topic = `bench.delay.${process.pid}`
  await makeTopic(brokers, topic)
  const settings = {
    node: 'web-01',
    input: '-',
    output: 'kafka',
    spool: { directory: join(place.disk, 'kafka-delay') },
    kafka: { brokers: brokers.split(','), topics: { events: topic } },
  }
  const config = join(place.disk, 'kafka-delay.yaml')
  writeFileSync(config, JSON.stringify(settings))
  const events = RATE * SECONDS
  const paced = `generate --paced --live-stamps --interleave 0 --rate ${RATE} --events ${events}`
  const way = `"$0" "$1" ${paced} | "$0" "$1" run --config "$2"`
  await start({ command: 'bash', args: ['-c', way, process.execPath, SPILLWAY, config] }).ended
  const all = await delaysIn(brokers, topic)
  mustEqual('messages', all.length, events)
  const delays = all.slice(WARM_UP)
  const p99 = percentile(delays, 0.99)
  return {
    title: 'kafka-delay: from the stamp of an event to its place in Kafka',
    notes: [
      `${RATE} events a second for ${SECONDS} s, the first ${WARM_UP} not counted; milliseconds`,
    ],
    columns: ['p50', 'p99', 'most'],
    rows: [[round(percentile(delays, 0.5)), round(p99), round(Math.max(...delays))]],
    targets: [{ what: 'p99 of the delay, ms', value: p99, limit: LIMIT_MS, kind: 'at most' }],
    data: { p50: percentile(delays, 0.5), p99 },
  }
}

/** Makes a topic of one partition that keeps the time at which a message was appended. */
function makeTopic(brokers: string, topic: string): Promise<void> {
  const admin = kafka.AdminClient.create({ 'bootstrap.servers': brokers })
  const wanted = {
    topic,
    num_partitions: 1,
    replication_factor: 1,
    config: { 'message.timestamp.type': 'LogAppendTime' },
  }
  return new Promise((resolve, reject) => {
    admin.createTopic(wanted, WAIT_MS, (error) => {
      admin.disconnect()
      if (error) reject(new Error(error.message))
      else resolve()
    })
  })
}

/** Of each message of a topic the milliseconds between its event and its appending, in order. */
function delaysIn(brokers: string, topic: string): Promise<number[]> {
  const consumer = new kafka.KafkaConsumer(
    { 'bootstrap.servers': brokers, 'group.id': topic, 'enable.partition.eof': true },
    {},
  )
  const delays: number[] = []
  consumer.on('data', ({ value, timestamp }) => {
    const { EVENT } = JSON.parse((value ?? '').toString()) as { EVENT: { time: string } }
    delays.push(Number(timestamp) - Date.parse(EVENT.time))
  })
  return new Promise((resolve, reject) => {
    consumer.on('partition.eof', () => consumer.disconnect(() => resolve(delays)))
    consumer.connect({ topic, timeout: WAIT_MS }, (error) => {
      if (error) return reject(new Error(error.message))
      consumer.assign([{ topic, partition: 0, offset: 0 }])
      consumer.consume()
    })
  })
}
