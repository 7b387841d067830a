import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Memory that the drain's files need, with room to spare. */
const ROOM = 6 * 2 ** 30

/** Statfs type of tmpfs (TMPFS_MAGIC in linux/magic.h). */
const TMPFS = 0x01021994

/** Where benches keep their files. */
export interface Place {
  /** Made files, kept between runs. */
  readonly cache: string
  /** Outputs that are read back at once: memory, where there is enough. */
  readonly fast: string
  /** Outputs whose writing is measured: a real disk, where the temporary directory is on one. */
  readonly disk: string
  /** What the two are, in words. */
  readonly says: string
  /** Deletes everything but the cache. */
  remove(): void
}

/** Makes the directories. */
export function makePlace(): Place {
  const memory = '/dev/shm'
  const inMemory = isTmpfs(memory) && roomOf(memory) > ROOM
  const base = inMemory ? memory : tmpdir()
  const cache = join(base, 'spillway-bench')
  mkdirSync(cache, { recursive: true })
  const fast = mkdtempSync(join(base, 'spillway-bench-'))
  const disk = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const kind = (path: string): string => (isTmpfs(path) ? 'memory (tmpfs)' : 'disk')
  return {
    cache,
    fast,
    disk,
    says: `files in ${base}, ${kind(base)}; disk in ${tmpdir()}, ${kind(tmpdir())}`,
    remove: () => {
      for (const path of [fast, disk]) rmSync(path, { recursive: true, force: true })
    },
  }
}

function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS
  } catch {
    return false
  }
}

function roomOf(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
