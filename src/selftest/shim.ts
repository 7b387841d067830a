/** The way in for hosts whose kernel does not audit: the installed shim, started by us. */

import { shimsOf } from '../install/processes.ts'
import { run } from '../install/program.ts'
import { broken } from './hop.ts'
import type { Plugin } from './plugin.ts'
import { madeRecord } from './record.ts'

/** Time for the shim to start, write one record and end. */
const SHIM_MS = 20_000

/** Feeds one made record through the shim into its spool. Throws the failure of the hop. */
export function feedShim({ path, args }: Plugin, token: string): void {
  const running = shimsOf(path)
  if (running.length > 0)
    throw broken(
      'shim',
      `pid ${running[0].pid} runs it already`,
      'leave --through-shim out: auditd runs the shim here',
    )
  const input = madeRecord(token, Date.now())
  const { fault } = run(path, args, { input, timeout: SHIM_MS })
  if (fault === null) return
  const remedy = `${path} --check ${args.join(' ')} says what is wrong with its setup`
  throw broken('shim', `${path}: ${fault}`, remedy)
}
