import { execFileSync } from 'node:child_process'

/** Builds the program once before the tests that start it. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] })
}
