import { appendFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canLoop } from './host.ts'
import { FAULTS, type FaultKind } from './plan.ts'
import { runOnce } from './run.ts'

/**
 * A short campaign, always of the same seeds; the long form is given by the environment:
 * FAULT_RUNS, FAULT_SEED, FAULT_RATE (events a second), FAULT_SECONDS, FAULT_ONLY (kinds, separated by
 * commas), FAULT_TABLE (a file to append the outcome of each run to, as lines of a Markdown table).
 */
const { env } = process
const RUNS = Number(env['FAULT_RUNS'] ?? 3)
const SEED = Number(env['FAULT_SEED'] ?? 1)
const RATE = Number(env['FAULT_RATE'] ?? 5000)
const SECONDS = Number(env['FAULT_SECONDS'] ?? 6)
const ONLY = env['FAULT_ONLY']?.split(',') as FaultKind[] | undefined

describe.skipIf(!canLoop)('a campaign of faults', () => {
  const each = Object.keys(FAULTS).map((kind, i) => ({ seed: 1000 + i, only: [kind as FaultKind] }))
  const mixed = Array.from({ length: RUNS }, (_, i) => ({ seed: SEED + i, only: ONLY }))
  const cases = env['FAULT_RUNS'] === undefined ? [...each, ...mixed] : mixed

  test.each(cases)(
    'keeps what is promised: seed $seed, faults $only',
    async ({ seed, only }) => {
      const seconds = only === undefined || ONLY !== undefined ? SECONDS : 3
      const run = { seed, rate: RATE, seconds, ...(only === undefined ? {} : { only }) }
      const { plan, account, broken, said } = await runOnce(run)
      if (env['FAULT_TABLE'] !== undefined) {
        const faults = plan.map(({ kind }) => kind).join(' ')
        const { written, whole, torn, repeated, epochs } = account
        const missing = epochs.reduce((sum, epoch) => sum + epoch.missing, 0)
        const announced = epochs.reduce((sum, epoch) => sum + epoch.announced, 0)
        appendFileSync(
          env['FAULT_TABLE'],
          `| ${seed} | ${faults} | ${written} | ${whole} | ${torn} | ${missing} | ${announced} | ${repeated} | ${broken.length === 0 ? 'kept' : broken.join('; ')} |\n`,
        )
      }
      expect(broken, `${JSON.stringify(plan)}\n${said}`).toEqual([])
      expect(account.written).toBeGreaterThan(RATE)
    },
    120_000,
  )
})
