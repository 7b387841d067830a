import { describe, test } from 'vitest'
import { expectKept, noCampaign, RUN_MS, runsOr } from './campaign.ts'
import type { FaultKind } from './plan.ts'

/** Kinds that cost the same, so that a run of them is held to no more than that. */
const GROUPS: readonly (readonly FaultKind[])[] = [
  ['service.kill', 'service.freeze', 'service.twice'],
  ['checkpoint.flip', 'checkpoint.torn', 'state.error'],
  ['worker.end', 'worker.memory', 'worker.wedge'],
  ['shim.freeze', 'shim.twice', 'signals', 'clock.step'],
  ['disk.freeze', 'disk.slow'],
  ['disk.full', 'disk.error', 'disk.readonly', 'segment.flip', 'segment.torn'],
  ['shim.kill'],
]

/** Seconds in which every kind of a group has its turn. */
const GROUP_SECONDS = 5

if (noCampaign !== null) console.warn(`the campaign of faults is left out: ${noCampaign}`)

describe.skipIf(noCampaign !== null)('a campaign of faults, to files', () => {
  const groups = GROUPS.map((only, i) => ({ seed: 1000 + i, only, seconds: GROUP_SECONDS }))
  test.each(runsOr([...groups, { seed: 1, seconds: 6 }]))(
    'keeps what is promised: seed $seed, faults $only',
    (run) => expectKept(run, null),
    RUN_MS,
  )
})
