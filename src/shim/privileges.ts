/** Away from root, where the shim may. auditd starts its plugins as root. */

import { reasonOf } from './disk.ts'
import type { Notes } from './notes.ts'
import { Severity } from './notes.ts'

/** Group of the spool's files unless set, where it exists. */
const GROUP = 'spillway'

/**
 * Changes to the group and the user for good. What the machine refuses is said and the shim goes on
 * as it is: evidence comes before privilege.
 */
export function dropPrivileges(user: string | null, group: string | null, notes: Notes): void {
  process.umask?.(0o027)
  if (process.geteuid?.() !== 0) return
  const refused = (what: string, error: unknown) =>
    notes.say(Severity.Warning, `cannot change to ${what}, going on as it is: ${reasonOf(error)}`)
  try {
    process.setgroups?.([])
    process.setgid?.(group ?? GROUP)
  } catch (error) {
    if (group !== null) refused(`group ${group}`, error)
  }
  if (user === null) return
  try {
    process.setuid?.(user)
  } catch (error) {
    refused(`user ${user}`, error)
  }
}
