import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import { noDisk } from '../../loop-disk.ts'
import type { FaultKind } from './plan.ts'
import { type Run, runOnce } from './run.ts'
import type { ShakyBroker } from './shaky-broker.ts'
import { noTrace } from './trace.ts'

/**
 * What the environment asks of a campaign: FAULT_RUNS, FAULT_SEED (the first), FAULT_RATE (events a
 * second), FAULT_SECONDS, FAULT_ONLY (kinds, separated by commas), FAULT_TABLE (a file to append the outcome
 * of each run to, as lines of a Markdown table). Without FAULT_RUNS it is short and always the same.
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
  if (env['FAULT_RUNS'] === undefined) return short.map((run) => ({ ...run, rate: RATE }))
  const first = Number(env['FAULT_SEED'] ?? 1)
  return Array.from({ length: Number(env['FAULT_RUNS']) }, (_, i) => ({
    seed: first + i,
    rate: RATE,
    seconds: SECONDS,
    ...(ONLY === undefined ? {} : { only: ONLY }),
  }))
}

/** Does a run and expects that what is promised was kept. */
export async function expectKept(run: Run, broker: ShakyBroker | null): Promise<void> {
  const { plan, account, broken, said } = await runOnce(run, broker)
  if (env['FAULT_TABLE'] !== undefined) {
    const faults = plan.map(({ kind }) => kind).join(' ')
    const { written, whole, torn, repeated, epochs } = account
    const missing = epochs.reduce((sum, epoch) => sum + epoch.missing, 0)
    const announced = epochs.reduce((sum, epoch) => sum + epoch.announced, 0)
    appendFileSync(
      env['FAULT_TABLE'],
      `| ${run.seed} | ${faults} | ${written} | ${whole} | ${torn} | ${missing} | ${announced} | ${repeated} | ${broken.length === 0 ? 'kept' : broken.join('; ')} |\n`,
    )
  }
  expect(broken, `${JSON.stringify(plan)}\n${said}`).toEqual([])
  expect(account.written).toBeGreaterThan(run.rate)
}
