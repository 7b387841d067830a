import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { linesOf } from './lines.ts'

/** Where distributions put it. Never looked up by PATH: this process may switch auditing off. */
const PLACES = [
  '/usr/sbin/auditctl',
  '/sbin/auditctl',
  '/usr/bin/auditctl',
  '/run/current-system/sw/bin/auditctl',
]

/**
 * Runs `auditctl -s` and gives the lines it prints. Rejects with one line that says why there are none.
 * It has no time limit: while the kernel lets the question wait, nothing can end it.
 */
export async function readStatus(): Promise<readonly string[]> {
  const path = PLACES.find(isProgram)
  if (path === undefined) throw new Error(`there is no auditctl at ${PLACES.join(', ')}`)
  const child = spawn(path, ['-s'], { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  const [lines, said, [code]] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    closed,
  ])
  // Old ones end with 0 when they refuse.
  if (code === 0 && lines.length > 0) return lines
  throw new Error(`auditctl -s failed: ${said[0] ?? `exit code ${String(code)}`}`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of linesOf(stream)) lines.push(line)
  return lines
}
