// Commands that others wrote.

import { spawnSync } from 'node:child_process'
import { EPOCH } from './release.mjs'

const MOST_OUTPUT = 256 << 20
const LINES_SHOWN = 30

/**
 * Runs a command to its end and gives what it wrote to standard output. Where it fails, the last lines
 * it said are in the error; else nobody sees them.
 *
 * @param options `cwd`, and `env`: variables over those of this process
 */
export function run(command, args, { cwd, env } = {}) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, SOURCE_DATE_EPOCH: `${EPOCH}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  })
  if (error) throw new Error(`${command} cannot be run: ${error.message}`, { cause: error })
  if (status === 0) return stdout
  const said = `${stdout}${stderr}`.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n')
  throw new Error(`${command} ${args.join(' ')} failed:\n${said}`)
}
