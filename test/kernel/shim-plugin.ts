import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from './auditd.ts'
import { SHIM_USER } from './users.ts'

const SHIM = fileURLToPath(new URL('../../dist/spillway-shim', import.meta.url))

/** Why the shim cannot be a plugin here, or null. */
export const unbuilt: string | null = existsSync(SHIM)
  ? null
  : 'the shim is not built (npm run build)'

/** The shim as an installation has it: a file of its own, its own user, our group. */
export const SHIM_PLUGIN: Plugin = {
  name: 'shim',
  format: 'string',
  program: SHIM,
  flags: (dir) => `--spool=${dir}/spool ${SHIM_USER}`,
}
