import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Why calls cannot be tampered with here, or null. */
export const noTrace: string | null =
  spawnSync('strace', ['--version'], { stdio: 'ignore' }).status === 0 ? null : 'no strace'

/** What becomes of system calls, by their names with commas between: as strace's `inject` takes it. */
export type Injected = readonly (readonly [calls: string, effect: string])[]

/** Has the kernel treat calls of a process so for `ms`; settles when it is as it was. */
export async function tamper(
  child: ChildProcess | null,
  injected: Injected,
  ms: number,
): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const calls = injected.map(([names]) => names).join(',')
  const effects = injected.flatMap(([names, effect]) => ['-e', `inject=${names}:${effect}`])
  const strace = spawn(
    'strace',
    ['-f', '-p', String(child.pid), '-o', '/dev/null', '-e', `trace=${calls}`, ...effects],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const over = once(strace, 'exit')
  await Promise.race([once(strace.stderr, 'data'), over])
  await sleep(ms)
  strace.kill('SIGTERM')
  await over
}
