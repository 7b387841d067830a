import { Close } from '../model/result.ts'
import type { ExecveWriter } from './execve.ts'

/** Something an event announces and does not have. */
export type Missing =
  | { readonly record: string; readonly announced: number; readonly present: number }
  | { readonly record: string; readonly argument: number }

/**
 * What an event announces and lacks: `items` of SYSCALL says how many PATH records belong to it,
 * `argc` of EXECVE how many arguments. Null when nothing is.
 *
 * @param items - -1 when nothing is announced.
 */
export function missingOf(
  items: number,
  paths: number,
  execve: ExecveWriter,
): readonly Missing[] | null {
  if (items <= paths && execve.argc <= execve.present && execve.torn.length === 0) return null
  const missing: Missing[] = []
  if (items > paths) missing.push({ record: 'PATH', announced: items, present: paths })
  if (execve.argc > execve.present)
    missing.push({ record: 'EXECVE', announced: execve.argc, present: execve.present })
  for (const argument of execve.torn) missing.push({ record: 'EXECVE', argument })
  return missing
}

/**
 * Whether an event is complete (docs/stitching.md, 5): it closed by its own end, or it closed by
 * quiet or with the stream and lacks nothing that it announces.
 */
export function isComplete(reason: number, lacking: boolean): boolean {
  if (reason === Close.Eoe || reason === Close.Last || reason === Close.Proctitle) return true
  return (reason === Close.Quiet || reason === Close.End) && !lacking
}
