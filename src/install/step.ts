/** What install and uninstall are made of: steps that know whether they are done. */

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
 * passed over. With `dryRun` it only says them. Gives how many there were.
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
    if (!dryRun) step.run()
  }
  return changes
}
