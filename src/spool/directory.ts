/** The segments of a spool directory. */

import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, Failure, reasonOf } from '../model/failure.ts'
import type { SegmentId } from './format.ts'
import { compareSegments, parseSegmentName, segmentName } from './format.ts'

/** All segments, oldest first. Throws a `Failure` when the directory cannot be read. */
export function listSegments(directory: string): SegmentId[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch (error) {
    throw spoolFailure(`cannot read the spool ${directory}`, error)
  }
  return names
    .map(parseSegmentName)
    .filter((id) => id !== null)
    .toSorted(compareSegments)
}

/** What a system error on a spool means to the one who must mend it. */
export function spoolFailure(what: string, error: unknown): Failure {
  const { code } = error as NodeJS.ErrnoException
  const reason =
    code === 'ENOENT'
      ? 'it does not exist; install the shim, or name another one with --spool'
      : code === 'EACCES'
        ? "permission denied; is this user in the spool's group?"
        : reasonOf(error)
  return new Failure(ExitCode.Spool, `${what}: ${reason}`, { cause: error })
}

/** Time after which a file that still has no header is passed over. */
const BIRTH_MS = 10_000

/** True for a file whose writer may still be about to write its header. */
export function isNewborn(directory: string, id: SegmentId): boolean {
  const stat = lstatSync(join(directory, segmentName(id)), { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs < BIRTH_MS
}
