// The long form of the fault campaign: does the runs that have no result yet, and makes the table of
// docs/reliability.md of all that have. What ends it early costs the run under way.
//
//   node scripts/campaign.mjs [--runs 100] [--seed 1] [--rate 20000] [--seconds 8] [--sink kafka|ndjson]
//   node scripts/campaign.mjs --table
//
// --seed is the first. A run that broke a promise is done again. --table makes the table alone. Results are
// kept in test/fault/campaign/results.ndjson; a later one of a seed takes the place of an earlier one.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = resolve(import.meta.dirname, '..')
const RESULTS = resolve(ROOT, 'test/fault/campaign/results.ndjson')
const PAGE = resolve(ROOT, 'docs/reliability.md')
const [BEGIN, END] = ['<!-- made by scripts/campaign.mjs -->', '<!-- until here -->']

const TESTS = {
  kafka: ['--project', 'kafka', 'test/fault/campaign/kafka.test.ts'],
  ndjson: ['--project', 'built', 'test/fault/campaign/campaign.test.ts'],
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '8' },
    sink: { type: 'string', default: 'kafka' },
    table: { type: 'boolean', default: false },
  },
})
const wanted = {
  sink: values.sink,
  rate: Number(values.rate),
  seconds: Number(values.seconds),
}
if (!values.table) process.exitCode = run(seedsToDo())
writeTable()

/** Seeds without a result in which all promises were kept. */
function seedsToDo() {
  const done = new Set(
    results()
      .filter(({ broken }) => broken.length === 0)
      .map(keyOf),
  )
  const seeds = Array.from({ length: Number(values.runs) }, (_, i) => Number(values.seed) + i)
  return seeds.filter((seed) => !done.has(keyOf({ ...wanted, seed })))
}

function run(seeds) {
  console.error(`campaign: ${seeds.length} runs to do`)
  if (seeds.length === 0) return 0
  const { status } = spawnSync('npx', ['vitest', 'run', ...TESTS[wanted.sink]], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULT_SEEDS: seeds.join(),
      FAULT_RATE: values.rate,
      FAULT_SECONDS: values.seconds,
      FAULT_RESULTS: RESULTS,
    },
  })
  return status ?? 1
}

/** The last result of each run, by sink, rate and seed. */
function results() {
  if (!existsSync(RESULTS)) return []
  const lines = readFileSync(RESULTS, 'utf8').split('\n').slice(0, -1)
  const last = new Map(lines.map((line) => JSON.parse(line)).map((found) => [keyOf(found), found]))
  return [...last.values()].toSorted(
    (a, b) =>
      b.rate - a.rate || a.sink.localeCompare(b.sink) || a.seconds - b.seconds || a.seed - b.seed,
  )
}

function keyOf({ seed, sink, rate, seconds }) {
  return `${sink} ${rate} ${seconds} ${seed}`
}

function writeTable() {
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(BEGIN)
  const after = rest.split(END)[1]
  const all = results()
  const table = [
    summaryOf(all),
    '',
    '| seed | to | events/s asked | written | events | again | lost | absent | named | bytes missing | announced | promises | faults |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...all.map(rowOf),
  ]
  writeFileSync(PAGE, `${before}${BEGIN}\n${table.join('\n')}\n${END}${after}`)
}

function summaryOf(all) {
  const sum = (name) => all.reduce((total, found) => total + found[name], 0)
  const broken = all.filter((found) => found.broken.length > 0).length
  return (
    `${count(all.length)} runs with ${count(all.reduce((total, { faults }) => total + faults.length, 0))} faults: ` +
    `${count(sum('events'))} events, ${count(sum('repeated'))} came again, ${count(sum('lost'))} were lost to faults that may cost some; ` +
    `of ${count(sum('absent'))} nothing came, and alerts name ${count(sum('named'))} of these. ` +
    `Promises were ${broken === 0 ? 'kept in all of them' : `broken in ${broken}`}.`
  )
}

function rowOf(found) {
  const { seed, sink, rate, eventsPerSecond, events, repeated, lost, absent, named } = found
  const numbers = [rate, eventsPerSecond, events, repeated, lost, absent, named]
  const bytes = [found.bytes, found.announced]
  const kept = found.broken.length === 0 ? 'kept' : found.broken.join('; ')
  const cells = [seed, sink, ...[...numbers, ...bytes].map(count), kept, found.faults.join(' ')]
  return `| ${cells.join(' | ')} |`
}

function count(number) {
  return number.toLocaleString('en-US')
}
