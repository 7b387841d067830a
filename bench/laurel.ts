import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * LAUREL as a contestant: the auditd plugin in Rust whose JSON layout ours is. It is told to do what
 * `spillway decode` does and no more: no look-ups in /proc, no translation, no filter.
 */

/** Where packages put it; it is for root's PATH. */
const PLACES = ['/usr/sbin/laurel', '/usr/local/sbin/laurel']

/** An installed LAUREL. */
export interface Laurel {
  readonly command: string
  /** With its version. */
  readonly name: string
}

/** The installed LAUREL, or null. */
export function findLaurel(): Laurel | null {
  for (const command of PLACES) {
    try {
      const said = execFileSync(command, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] })
      return { command, name: `laurel ${said.toString().trim()}` }
    } catch {}
  }
  return null
}

/** Writes a configuration that logs to `directory`; gives its path and that of the log. */
export function configureLaurel(directory: string, user: string): { config: string; log: string } {
  mkdirSync(directory, { recursive: true })
  const config = join(directory, 'laurel.toml')
  writeFileSync(
    config,
    `directory = ${JSON.stringify(directory)}
user = ${JSON.stringify(user)}
statusreport-period = 0
[auditlog]
file = "audit.log"
size = 1000000000000
generations = 1
[transform]
execve-argv = ["array"]
[translate]
universal = false
user-db = false
drop-raw = false
[enrich]
execve-env = []
container = false
pid = false
script = false
[filter]
filter-keys = []
`,
  )
  return { config, log: join(directory, 'audit.log') }
}
