import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ours } from '../analyse/vigil/ours.ts'
import { listSegments } from '../spool/directory.ts'
import { segmentName } from '../spool/format.ts'

/** Where this program is installed. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * How the shim, the service and the watch are known in records: by their users, which the owners of the
 * spool's newest segment and of the readings are, and by a Node.js that came with this program. Root,
 * and a Node.js of everybody, tell nothing.
 */
export function identityOf({ spool, watchFile }: { spool: string; watchFile: string }): Ours {
  const uids = [process.getuid?.(), ownerOf(newestOf(spool)), ownerOf(watchFile)]
  const own = uids.filter((uid) => uid !== undefined && uid !== 0) as number[]
  const programs = process.execPath.startsWith(ROOT) ? [process.execPath] : []
  return { uids: [...new Set(own)], programs }
}

function newestOf(spool: string): string {
  const newest = listSegments(spool).at(-1)
  return newest === undefined ? spool : join(spool, segmentName(newest))
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.uid
  } catch {
    return undefined
  }
}
