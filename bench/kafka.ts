import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafka from 'node-rdkafka'
import { type Bench, mustEqual } from './bench.ts'
import { measured, SPILLWAY, start, type Usage } from './child.ts'
import { madeBytes } from './made.ts'
import { median, round, spread } from './report.ts'

const EVENTS = 400_000
const TOPIC = 'audit.events'
const BARE = join(import.meta.dirname, 'bare-producer.js')
const WAIT_MS = 10_000
/** Share of a bare loop's throughput that the whole way from standard input has to have. */
const SHARE = 0.7

/** Standard input to acknowledged messages, against a bare loop that produces the same messages. */
export const kafkaSink: Bench = async ({ place, rounds }) => {
  const brokers = process.env['KAFKA_BROKERS'] ?? ''
  if (brokers === '')
    throw new Error('KAFKA_BROKERS is not set: node scripts/broker.mjs start prints it')
  const input = join(place.fast, 'kafka.log')
  const events = join(place.fast, 'kafka.ndjson')
  const { bytes, truth } = madeBytes({ events: EVENTS })
  writeFileSync(input, bytes)
  await withFile(events, 'w', (stdout) =>
    measured({
      command: process.execPath,
      args: [SPILLWAY, 'decode', '--node', 'web-01', input],
      stdout,
    }),
  )
  const nothing = join(place.fast, 'nothing.log')
  writeFileSync(nothing, '')
  /** A run without the start and stop of its process, which one without input takes as well. */
  const whole = async (): Promise<Usage> => {
    const empty = await spillway(place.fast, brokers, nothing)
    const full = await spillway(place.fast, brokers, input)
    return { wall: full.wall - empty.wall, cpu: full.cpu - empty.cpu, peak: full.peak }
  }
  const before = await held(brokers)
  await whole()
  mustEqual('messages', (await held(brokers)) - before, truth.pieces)
  const runs: { bare: Usage; whole: Usage }[] = []
  for (let done = 0; done < rounds; done++)
    runs.push({ bare: await bare(brokers, events), whole: await whole() })
  const shares = runs.map((run) => run.bare.wall / run.whole.wall)
  const row = (name: string, usages: readonly Usage[]): string[] => [
    name,
    spread(usages.map(({ wall }) => wall)),
    round(truth.pieces / median(usages.map(({ wall }) => wall))),
    spread(usages.map(({ cpu }) => (cpu / truth.pieces) * 1e6)),
  ]
  return {
    title: 'kafka: standard input to acknowledged messages',
    notes: [
      `${truth.pieces} events, ${round(truth.bytes / 1e6)} MB of records; ${rounds} rounds in turn; median (least–most)`,
      'the broker is on this machine; neither side counts the start of its process',
      'the bare loop has its messages ready in memory',
    ],
    columns: ['', 'wall s', 'events/s', 'CPU µs/event'],
    rows: [
      row(
        'bare node-rdkafka',
        runs.map((run) => run.bare),
      ),
      row(
        'spillway run',
        runs.map((run) => run.whole),
      ),
    ],
    targets: [
      {
        what: 'throughput over that of the bare loop',
        value: median(shares),
        limit: SHARE,
        kind: 'at least',
      },
    ],
    data: { truth, runs },
  }
}

/** One run from standard input to its end. */
async function spillway(place: string, brokers: string, input: string): Promise<Usage> {
  const directory = join(place, 'kafka')
  const config = join(place, 'kafka.yaml')
  writeFileSync(
    config,
    JSON.stringify({
      node: 'web-01',
      input: '-',
      output: 'kafka',
      spool: { directory },
      kafka: { brokers: brokers.split(',') },
    }),
  )
  const args = [SPILLWAY, 'run', '--config', config]
  try {
    return await withFile(input, 'r', (stdin) =>
      measured({ command: process.execPath, args, stdin }),
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function bare(brokers: string, events: string): Promise<Usage> {
  const args = [BARE, brokers, TOPIC, events]
  const { said, peak } = await start({ command: process.execPath, args }).ended
  return { ...(JSON.parse(said) as { wall: number; cpu: number }), peak }
}

async function withFile<T>(
  path: string,
  flags: 'r' | 'w',
  use: (file: number) => Promise<T>,
): Promise<T> {
  const file = openSync(path, flags)
  try {
    return await use(file)
  } finally {
    closeSync(file)
  }
}

/** Messages that the topic holds. */
function held(brokers: string): Promise<number> {
  const consumer = new kafka.KafkaConsumer(
    { 'bootstrap.servers': brokers, 'group.id': 'bench' },
    {},
  )
  return new Promise((resolve, reject) => {
    consumer.connect({ topic: TOPIC, timeout: WAIT_MS }, (error, { topics }) => {
      if (error) return reject(error)
      const partitions = topics.find(({ name }) => name === TOPIC)?.partitions ?? []
      let sum = 0
      let left = partitions.length
      for (const { id } of partitions)
        consumer.queryWatermarkOffsets(TOPIC, id, WAIT_MS, (failed, { highOffset }) => {
          if (failed) return reject(failed)
          sum += highOffset
          if (--left === 0) consumer.disconnect(() => resolve(sum))
        })
    })
  })
}
