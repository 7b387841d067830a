/** What install and uninstall are made of: steps that know whether they are done. */

import { ExitCode, Failure, reasonOf } from '../model/failure.ts'

/** One thing to see to. */
export interface Step {
  /** What it does, as the operator reads it: `write /etc/audit/plugins.d/spillway.conf (root:root 0640)`. */
  readonly what: string
  /** Whether there is nothing to do. Changes nothing, and bears that an earlier step was not carried out. */
  isDone(): boolean
  /** Does it. Throws a `Failure` where it must not, or the system's error. */
  run(): void
}

/**
 * Carries steps out in order, and says each that changes something before it does; those that are done are
 * passed over. With `dryRun` it only says them. Gives how many there were. A step that the system does not let be
 * carried out is a `Failure` that names it.
 */
export async function carryOut(
  steps: Iterable<Step>,
  dryRun: boolean,
  say: (line: string) => Promise<void>,
): Promise<number> {
  let changes = 0
  for (const step of steps) {
    if (step.isDone()) continue
    changes++
    await say(dryRun ? `would ${step.what}` : step.what)
    if (!dryRun) carryOutOne(step)
  }
  return changes
}

function carryOutOne(step: Step): void {
  try {
    step.run()
  } catch (error) {
    if (error instanceof Failure) throw error
    const message = `cannot ${step.what}: ${reasonOf(error)}; run it again once that is mended`
    throw new Failure(ExitCode.Fault, message, { cause: error })
  }
}
