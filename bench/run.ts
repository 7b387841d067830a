import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { analysed } from './analysed.ts'
import { analysis } from './analysis.ts'
import type { Bench } from './bench.ts'
import { drain } from './drain.ts'
import { floods } from './floods.ts'
import { idle } from './idle.ts'
import { kafkaSink } from './kafka.ts'
import { kafkaDelay } from './kafka-delay.ts'
import { latency } from './latency.ts'
import { machine } from './machine.ts'
import { micro } from './micro.ts'
import { makePlace } from './place.ts'
import { printed, type Report } from './report.ts'
import { rss } from './rss.ts'
import { shim } from './shim.ts'
import { trickle } from './trickle.ts'

/** `npm run bench -- [NAME…] [--rounds N] [--json FILE]`: see docs/benchmarks.md. */

const BENCHES: Readonly<Record<string, Bench>> = {
  drain,
  rss,
  shim,
  latency,
  idle,
  trickle,
  floods,
  micro,
  analysis,
  analysed,
}
/** Only when named: they need a broker. */
const NAMED: Readonly<Record<string, Bench>> = { kafka: kafkaSink, 'kafka-delay': kafkaDelay }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
})
const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals
const all: Readonly<Record<string, Bench>> = { ...BENCHES, ...NAMED }
const unknown = names.find((name) => !(name in all))
const rounds = Number(values.rounds)
if (unknown !== undefined || !(Number.isInteger(rounds) && rounds > 0)) {
  console.error(
    `usage: npm run bench -- [${Object.keys(all).join('|')}…] [--rounds N] [--json FILE]`,
  )
  process.exit(2)
}

const on = machine()
const place = makePlace()
const reports: Record<string, Report> = {}
console.log(
  `${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, Linux ${on.kernel}, Node ${on.node}`,
)
console.log(`load average ${on.load}; ${place.says}`)
try {
  for (const name of names) {
    reports[name] = await all[name]({ place, rounds })
    console.log(printed(reports[name]))
  }
} finally {
  place.remove()
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine: on, reports }, null, 2)}\n`)
