import { execFileSync } from 'node:child_process'
import { baseRoot, unavailable } from './machine.ts'

/**
 * Makes the packages, and a bare Debian, once before the tests that install them. Where that fails, these
 * tests fail for what is missing, and no other does.
 */
export default function setup(): void {
  if (unavailable !== null) return
  try {
    baseRoot()
    execFileSync('npm', ['run', '--silent', 'dist'], { stdio: ['ignore', 'ignore', 'inherit'] })
  } catch (error) {
    process.stderr.write(`no packages to test: ${String(error)}\n`)
  }
}
