import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import { noDisk } from '../../loop-disk.ts'
import type { FaultKind } from './plan.ts'
import { type Outcome, type Run, runOnce } from './run.ts'
import type { ShakyBroker } from './shaky-broker.ts'
import { noTrace } from './trace.ts'

/**
 * What the environment asks of a campaign: FAULT_SEEDS (as `7`, `1-100` or `3,8`), FAULT_RATE (events a
 * second), FAULT_SECONDS, FAULT_ONLY (kinds, separated by commas), FAULT_RESULTS (a file to append the outcome
 * of each run to, a line of JSON each). Without FAULT_SEEDS it is short and always the same.
 */
const { env } = process
const RATE = Number(env['FAULT_RATE'] ?? 5000)
const SECONDS = Number(env['FAULT_SECONDS'] ?? 6)
const ONLY = env['FAULT_ONLY']?.split(',') as FaultKind[] | undefined

/** Milliseconds that a run may take besides its seconds: the broker has to come back, and all has to arrive. */
export const RUN_MS: number = SECONDS * 1000 + 300_000

/** Why there can be no campaign here, or null. */
export const noCampaign: string | null = noDisk ?? noTrace

/** The runs of the long form; those of the short form where none was asked for. */
export function runsOr(short: readonly Pick<Run, 'seed' | 'only' | 'seconds'>[]): Run[] {
  const seeds = env['FAULT_SEEDS']
  if (seeds === undefined) return short.map((run) => ({ ...run, rate: RATE }))
  const only = ONLY === undefined ? {} : { only: ONLY }
  return seedsIn(seeds).map((seed) => ({ seed, rate: RATE, seconds: SECONDS, ...only }))
}

function seedsIn(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** Does a run and expects that what is promised was kept. */
export async function expectKept(run: Run, broker: ShakyBroker | null): Promise<void> {
  const outcome = await runOnce(run, broker)
  const { plan, account, broken, said } = outcome
  if (env['FAULT_RESULTS'] !== undefined)
    appendFileSync(env['FAULT_RESULTS'], `${JSON.stringify(resultOf(run, outcome, broker))}\n`)
  expect(broken, `${JSON.stringify(plan)}\n${said}`).toEqual([])
  expect(account.written).toBeGreaterThan(run.rate)
}

/** What scripts/campaign.mjs makes a row of its table of. */
function resultOf(
  { seed, rate, seconds }: Run,
  { plan, eventsPerSecond, account, named, broken }: Outcome,
  broker: ShakyBroker | null,
): object {
  const { written, torn, absent, repeated, epochs } = account
  return {
    seed,
    sink: broker === null ? 'ndjson' : 'kafka',
    rate,
    seconds,
    faults: plan.map(({ kind }) => kind),
    events: written,
    eventsPerSecond: Math.round(eventsPerSecond),
    repeated,
    lost: torn,
    absent: absent.size,
    named,
    bytes: epochs.reduce((sum, { missing }) => sum + missing, 0),
    announced: epochs.reduce((sum, epoch) => sum + epoch.announced, 0),
    broken,
  }
}
