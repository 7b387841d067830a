import { accessSync, constants } from 'node:fs'
import { runProgram } from './program.ts'

/** Where distributions put it. Never looked up by PATH: this process may switch auditing off. */
const PLACES = [
  '/usr/sbin/auditctl',
  '/sbin/auditctl',
  '/usr/bin/auditctl',
  '/run/current-system/sw/bin/auditctl',
]

/** What auditctl may be asked here. */
type Question = '-s' | '-l'

/**
 * Runs `auditctl -s` or `-l` and gives the lines it prints. Rejects with one line that says why there
 * are none. It has no time limit: while the kernel lets the question wait, nothing can end it.
 */
export async function ask(question: Question): Promise<readonly string[]> {
  const path = placeOf('auditctl', PLACES)
  const { lines, said, code } = await runProgram(path, [question])
  // Old ones end with 0 when they refuse.
  if (code === 0 && lines.length > 0) return lines
  throw new Error(`auditctl ${question} failed: ${said[0] ?? `exit code ${String(code)}`}`)
}

/** The first of the places where a program may be executed. Throws where there is none. */
export function placeOf(name: string, places: readonly string[]): string {
  const place = places.find(isProgram)
  if (place === undefined) throw new Error(`there is no ${name} at ${places.join(', ')}`)
  return place
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
