/** The hops of a record on its way, and how it is told that one of them broke. */

import { ExitCode, Failure } from '../model/failure.ts'

/** A hop, in the order of the way. */
export type Hop = 'kernel' | 'auditd' | 'plugin' | 'shim' | 'spool' | 'service' | 'sink'

const CODES: Readonly<Record<Hop, ExitCode>> = {
  kernel: ExitCode.HopKernel,
  auditd: ExitCode.HopAuditd,
  plugin: ExitCode.HopPlugin,
  shim: ExitCode.HopShim,
  spool: ExitCode.HopSpool,
  service: ExitCode.HopService,
  sink: ExitCode.HopSink,
}

/** The failure of a hop: why, and what to do about it. */
export function broken(hop: Hop, why: string, remedy: string): Failure {
  return new Failure(CODES[hop], `${hop}: ${why}\nto do: ${remedy}`)
}
